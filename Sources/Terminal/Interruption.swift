#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import Synchronization

/// Whether the user has asked the program to stop. The signal only sets a flag; who works looks at it between pieces,
/// so that unfinished files are removed on the usual way out of an error.
public enum Interruption {
    private static let flag = Atomic(false)

    public static var requested: Bool { flag.load(ordering: .relaxed) }

    /// Catches Ctrl-C, termination and hang-up. Too large a file is to be an error of `write`, not a signal.
    public static func watch() {
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
        }
        signal(SIGXFSZ, SIG_IGN)
    }
}
