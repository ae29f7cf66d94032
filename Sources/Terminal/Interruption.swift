import Glibc
import Synchronization

/// Whether the user has asked the program to stop. The signal only sets a flag; who works looks at it between pieces,
/// so that unfinished files are removed on the usual way out of an error.
package enum Interruption {
    private static let flag = Atomic(false)

    package static var requested: Bool { flag.load(ordering: .relaxed) }

    /// Catches Ctrl-C, termination and hang-up. Too large a file is to be an error of `write`, not a signal.
    package static func watch() {
        flag.store(false, ordering: .relaxed)
        // A parent that starts this program from a worker thread may hand down that they are blocked.
        var caught = sigset_t()
        sigemptyset(&caught)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
            sigaddset(&caught, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &caught, nil)
        signal(SIGXFSZ, SIG_IGN)
    }
}
