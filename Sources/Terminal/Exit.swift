import ArgumentParser
import Glibc

/// Ends the program after `error`. Exit status: 0 for help, 2 for wrong usage, 130 after an interruption, 1 for
/// everything else.
package func exit<Command: ParsableArguments>(_ command: Command.Type, after error: any Error) -> Never {
    switch Command.exitCode(for: error) {
    case .success:
        print(Command.fullMessage(for: error))
        exit(0)
    case .validationFailure:
        printError(Command.fullMessage(for: error))
        exit(2)
    default:
        printError(Interruption.requested ? "interrupted" : "error: \(error)")
        exit(Interruption.requested ? 130 : 1)
    }
}
