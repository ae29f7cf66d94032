import Glibc
import Synchronization

/// The only threading: a crew of fixed size, which goes home when this object goes away.
final class ThreadPool: Sendable {
    let count: Int
    private let crew = Crew()
    private let workers: [Thread]

    private static let allowedCounts = 1...1024

    /// - Throws: `MachineError.badThreadCount`, `.noThread`
    init(count: Int) throws(MachineError) {
        guard Self.allowedCounts.contains(count) else {
            throw .badThreadCount(count, allowed: Self.allowedCounts)
        }
        self.count = count
        var workers: [Thread] = []
        do throws(MachineError) {
            for worker in 1..<count {
                // The crew, not this object: what its threads hold on to would never go away.
                workers.append(try Thread { [crew] in crew.work(as: worker) })
            }
        } catch {
            crew.stop()
            for worker in workers { worker.join() }
            throw error
        }
        self.workers = workers
    }

    deinit {
        crew.stop()
        for worker in workers { worker.join() }
    }

    /// Calls `body` once for every chunk `0..<chunks`, on all threads, and returns when all are done. `worker`, below
    /// `count`, says whose scratch memory the call may use.
    func forEach(_ chunks: Int, _ body: (_ chunk: Int, _ worker: Int) -> Void) {
        if count == 1 || chunks == 1 {
            for chunk in 0..<chunks { body(chunk, 0) }
            return
        }
        withoutActuallyEscaping(body) { crew.perform($0, chunks: chunks, workers: count - 1) }
    }
}

/// What the threads of a pool share. They share the chunks of one job at a time; the caller works along.
/// A worker looks for the next job for a moment before it sleeps, because layers follow each other within microseconds.
private final class Crew: @unchecked Sendable {
    private let generation = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
    private let sleeping = Atomic<Int>(0)
    private let nextChunk = Atomic<Int>(0)
    private var job: ((_ chunk: Int, _ worker: Int) -> Void)?
    private var chunkCount = 0
    private var stopping = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    /// Held for the length of a job, so that two callers take turns.
    private let busy = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private static let spinsBeforeYield = 2_000
    private static let spinsBeforeSleep = 20_000

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_mutex_init(busy, nil)
        pthread_cond_init(wakeUp, nil)
    }

    deinit {
        pthread_cond_destroy(wakeUp)
        pthread_mutex_destroy(mutex)
        pthread_mutex_destroy(busy)
        busy.deallocate()
        wakeUp.deallocate()
        mutex.deallocate()
    }

    func perform(_ body: @escaping (_ chunk: Int, _ worker: Int) -> Void, chunks: Int, workers: Int) {
        pthread_mutex_lock(busy)
        defer { pthread_mutex_unlock(busy) }
        job = body
        chunkCount = chunks
        nextChunk.store(0, ordering: .relaxed)
        finished.store(0, ordering: .relaxed)
        announce()
        takeChunks(body, worker: 0)
        var spins = 0
        while finished.load(ordering: .acquiring) != workers {
            spins += 1
            if spins > Self.spinsBeforeYield { sched_yield() }
        }
        job = nil
    }

    /// Sends the threads home once they are done.
    func stop() {
        stopping = true
        announce()
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

    func work(as worker: Int) {
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
