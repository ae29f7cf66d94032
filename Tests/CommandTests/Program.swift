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

    static func run(_ name: String, _ arguments: [String]) throws -> Outcome {
        let process = process(name, arguments)
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
