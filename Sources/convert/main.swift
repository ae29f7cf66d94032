import ArgumentParser
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

// Exit status: 0 for success and help, 2 for wrong usage, 1 for everything else, 130 after an interruption.
do {
    let command = try ConvertCommand.parse()
    try await command.run()
} catch {
    switch ConvertCommand.exitCode(for: error) {
    case .success:
        print(ConvertCommand.fullMessage(for: error))
        exit(0)
    case .validationFailure:
        printError(ConvertCommand.fullMessage(for: error))
        exit(2)
    default:
        printError("error: \(error)")
        exit(error as? ConvertError == .interrupted ? 130 : 1)
    }
}
