import Foundation
import Testing

/// The built programs, run as processes.
enum Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    static func process(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: name)
        process.arguments = arguments
        return process
    }

    /// - Parameters:
    ///   - folder: where it runs
    ///   - environment: variables to set besides this process's
    static func run(
        _ name: String, _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = process(name, arguments)
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let outputBytes = output.fileHandleForReading.readDataToEndOfFile()
        let errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: outputBytes, as: UTF8.self),
            errors: String(decoding: errorBytes, as: UTF8.self))
    }

    /// What the program writes to stderr where that is a terminal so many columns wide.
    static func errorsOnTerminal(_ name: String, _ arguments: [String], columns: UInt16) throws -> String {
        // As openpty does it: TIOCSPTLCK and TIOCGPTN are macros that Swift does not see.
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(terminal) }
        var (locked, number): (Int32, Int32) = (0, 0)
        try #require(ioctl(terminal, 0x4004_5431, &locked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
        let programsEnd = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(programsEnd, UInt(TIOCSWINSZ), &size) == 0)
        let process = process(name, arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(fileDescriptor: programsEnd)
        try process.run()
        close(programsEnd)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Fails, or finds the end, once the program is gone.
        while case let count = read(terminal, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The seeded tiny pipeline with the bundled model's tokenizer, converted once. Tests only read it.
enum TinyModel {
    static func path() throws -> String { try converted.get() }

    private static let converted = Result<String, any Error> {
        let repository = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "sd-lite-command-tests")
        try? files.removeItem(at: folder)
        try files.copyItem(at: repository.appending(path: "Tests/Fixtures/pipeline/checkpoint"), to: folder)
        try files.copyItem(
            at: repository.appending(path: "models/emoji/tokenizer"), to: folder.appending(path: "tokenizer"))
        let model = folder.appending(path: "tiny.sdq").path
        let outcome = try Program.run("sd-lite-convert", [folder.path, "-o", model])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return model
    }
}
