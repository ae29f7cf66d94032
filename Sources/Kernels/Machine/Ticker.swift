import Glibc
import Synchronization

/// Calls a function again and again on a thread of its own, until it goes away.
public final class Ticker {
    private final class Work: Sendable {
        let isStopped = Atomic(false)
        let microseconds: UInt32
        let body: @Sendable () -> Void

        init(microseconds: UInt32, body: @escaping @Sendable () -> Void) {
            self.microseconds = microseconds
            self.body = body
        }
    }
    private let work: Work
    private var thread = pthread_t()

    /// - Parameter milliseconds: the pause between two calls
    public init(milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
        work = Work(microseconds: UInt32(milliseconds * 1000), body: body)
        let argument = Unmanaged.passUnretained(work).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { argument in
                let work = Unmanaged<Work>.fromOpaque(argument!).takeUnretainedValue()
                while !work.isStopped.load(ordering: .relaxed) {
                    work.body()
                    usleep(work.microseconds)
                }
                return nil
            }, argument)
        precondition(status == 0, "the system refused to start a thread")
    }

    deinit {
        work.isStopped.store(true, ordering: .relaxed)
        pthread_join(thread, nil)
    }
}
