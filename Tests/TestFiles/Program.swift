import Foundation

/// The built programs, run as processes.
public enum Program {
    public struct Outcome: Sendable {
        /// As a shell counts: 128 and the signal's number, if one ended the program.
        public let status: Int32
        public let output: String
        public let errors: String
    }

    /// - Parameter preparation: what a shell does first, such as lowering a limit
    public static func process(_ name: String, _ arguments: [String], after preparation: String? = nil) -> Process {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: name)
        let process = Process()
        if let preparation {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", preparation + #"; exec "$0" "$@""#, program.path] + arguments
        } else {
            process.executableURL = program
            process.arguments = arguments
        }
        return process
    }

    /// - Parameters:
    ///   - workingFolder: where it runs
    ///   - environment: variables to set besides this process's
    ///   - preparation: what a shell does first, such as lowering a limit
    public static func run(
        _ name: String, _ arguments: [String], in workingFolder: String? = nil, environment: [String: String] = [:],
        after preparation: String? = nil
    ) throws -> Outcome {
        let process = process(name, arguments, after: preparation)
        if let workingFolder { process.currentDirectoryURL = URL(filePath: workingFolder) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Files, not pipes: a program that fills one pipe would wait for ever while the other is read.
        let folder = try TemporaryFolder()
        func file(_ name: String) throws -> FileHandle {
            try FileHandle(forWritingTo: URL(filePath: folder.write(name, "")))
        }
        let (output, errors) = (try file("output"), try file("errors"))
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: (process.terminationReason == .exit ? 0 : 128) + process.terminationStatus,
            output: String(decoding: try folder.read("output"), as: UTF8.self),
            errors: String(decoding: try folder.read("errors"), as: UTF8.self))
    }
}
