import Glibc
import Synchronization

/// The only threading. A fixed crew shares the chunks of one job at a time; the caller works along.
/// A worker looks for the next job for a moment before it sleeps, because layers follow each other within microseconds.
final class ThreadPool: @unchecked Sendable {
    let count: Int
    private let generation = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
    private let sleeping = Atomic<Int>(0)
    private let nextChunk = Atomic<Int>(0)
    private var job: ((_ chunk: Int, _ worker: Int) -> Void)?
    private let nextWorker = Atomic<Int>(1)
    private var chunkCount = 0
    private var stopping = false
    private var workers: [pthread_t] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    /// Held for the length of a job, so that two callers take turns.
    private let busy = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private static let spinsBeforeYield = 2_000
    private static let spinsBeforeSleep = 20_000

    init(count: Int) {
        self.count = max(1, count)
        pthread_mutex_init(mutex, nil)
        pthread_mutex_init(busy, nil)
        pthread_cond_init(wakeUp, nil)
        for _ in 1..<max(2, self.count) where self.count > 1 {
            var thread = pthread_t()
            let crew = Unmanaged.passUnretained(self).toOpaque()
            let status = pthread_create(
                &thread, nil,
                { crew in
                    Unmanaged<ThreadPool>.fromOpaque(crew!).takeUnretainedValue().work()
                    return nil
                }, crew)
            precondition(status == 0, "the system refused to start a thread")
            workers.append(thread)
        }
    }

    deinit {
        stopping = true
        announce()
        for worker in workers { pthread_join(worker, nil) }
        pthread_cond_destroy(wakeUp)
        pthread_mutex_destroy(mutex)
        pthread_mutex_destroy(busy)
        busy.deallocate()
        wakeUp.deallocate()
        mutex.deallocate()
    }

    /// Calls `body` once for every chunk `0..<chunks`, on all threads, and returns when all are done. `worker`, below
    /// `count`, says whose scratch memory the call may use.
    func forEach(_ chunks: Int, _ body: (_ chunk: Int, _ worker: Int) -> Void) {
        if count == 1 || chunks == 1 {
            for chunk in 0..<chunks { body(chunk, 0) }
            return
        }
        pthread_mutex_lock(busy)
        defer { pthread_mutex_unlock(busy) }
        withoutActuallyEscaping(body) { body in
            job = body
            chunkCount = chunks
            nextChunk.store(0, ordering: .relaxed)
            finished.store(0, ordering: .relaxed)
            announce()
            takeChunks(body, worker: 0)
            var spins = 0
            while finished.load(ordering: .acquiring) != count - 1 {
                spins += 1
                if spins > Self.spinsBeforeYield { sched_yield() }
            }
            job = nil
        }
    }

    private func announce() {
        generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(wakeUp)
            pthread_mutex_unlock(mutex)
        }
    }

    private func takeChunks(_ body: (Int, Int) -> Void, worker: Int) {
        while true {
            let chunk = nextChunk.wrappingAdd(1, ordering: .relaxed).oldValue
            guard chunk < chunkCount else { return }
            body(chunk, worker)
        }
    }

    private func work() {
        let worker = nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue
        var seen = 0
        while true {
            waitForJob(after: seen)
            seen += 1
            if stopping { return }
            if let job { takeChunks(job, worker: worker) }
            finished.wrappingAdd(1, ordering: .acquiringAndReleasing)
        }
    }

    private func waitForJob(after seen: Int) {
        var spins = 0
        while generation.load(ordering: .acquiring) == seen {
            spins += 1
            if spins > Self.spinsBeforeSleep {
                pthread_mutex_lock(mutex)
                sleeping.wrappingAdd(1, ordering: .sequentiallyConsistent)
                while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wakeUp, mutex) }
                sleeping.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                pthread_mutex_unlock(mutex)
                return
            }
            if spins > Self.spinsBeforeYield && spins & 63 == 0 { sched_yield() }
        }
    }
}
