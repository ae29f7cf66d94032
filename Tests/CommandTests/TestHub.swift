import Foundation
import TestFiles
import Testing

/// Tests/Fixtures/hub.py, running as long as the tests do.
enum TestHub {
    /// What HF_ENDPOINT is to be.
    /// - Parameter behaviour: how the hub is to misbehave
    static func endpoint(_ behaviour: String) throws -> String { "http://127.0.0.1:\(try port.get())/\(behaviour)" }

    /// The checkpoint that the hub serves, as a folder of the test's own.
    static func copyCheckpoint(to folder: TemporaryFolder) throws -> String {
        let path = try TinyModel.copyCheckpoint(to: folder)
        try folder.write("checkpoint/README.md", "---\nlicense: creativeml-openrail-m\n---\n# Tiny\n")
        return path
    }

    private static let port = Result {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", Fixtures.path("hub.py"), Fixtures.path("pipeline/checkpoint"),
            BundledModel.checkpoint + "/tokenizer",
        ]
        // Nobody writes to it; it ends with this process, and the hub with it.
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: false)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        return try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}
