import Glibc
import Synchronization

/// Calls a function again and again on a thread of its own, until it goes away; never, if the system refuses the thread.
package final class Ticker {
    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }
    private let stop = Flag()
    private let thread: Thread?

    /// - Parameter milliseconds: the pause between two calls
    package init(milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
        let stop = stop
        thread = try? Thread {
            while !stop.isSet.load(ordering: .relaxed) {
                body()
                usleep(UInt32(milliseconds * 1000))
            }
        }
    }

    deinit {
        stop.isSet.store(true, ordering: .relaxed)
        thread?.join()
    }
}
