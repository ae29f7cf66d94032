import Foundation
import TestFiles
import Testing

/// What the machine refuses is one sentence and exit status 1.
struct MachineTests {
    private func outcome(_ shell: String) throws -> Program.Outcome {
        let program = Program.process("sd-lite", []).executableURL?.path ?? ""
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", shell, program, try TinyModel.path()]
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationReason == .exit, "\(text)")
        return Program.Outcome(status: process.terminationStatus, output: "", errors: text)
    }

    @Test func unknownKernels() throws {
        let found = try outcome("SDLITE_KERNELS=portabel exec \"$0\" plan -m \"$1\"")
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: SDLITE_KERNELS is portabel, but") && found.errors.contains("portable"))
        #expect(try outcome("SDLITE_KERNELS=portable exec \"$0\" plan -m \"$1\"").status == 0)
    }

    @Test(arguments: ["0", "-3", "1000000"])
    func impossibleThreadCounts(_ threads: String) throws {
        let found = try outcome("exec \"$0\" plan -m \"$1\" --threads=\(threads)")
        #expect(found.status != 0 && found.errors.contains("must be between 1 and 1024, not \(threads)"))
    }

    /// A thread's stack is a megabyte of address space.
    @Test func refusedThreads() throws {
        let found = try outcome("ulimit -v 800000; exec \"$0\" plan -m \"$1\" --threads 1024")
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: the system refused to start another thread"), "\(found.errors)")
    }

    /// Little address space is enough for a small picture, and none at all for a large one.
    @Test func refusedAddressSpace() throws {
        let folder = try TemporaryFolder()
        let paint = "exec \"$0\" generate x -m \"$1\" --steps 1 --threads 2 --quiet -o \(folder.path("p.png"))"
        #expect(try outcome("ulimit -v 150000; \(paint)").status == 0)
        let found = try outcome("ulimit -v 150000; \(paint) --width 2048 --height 2048 --memory-limit 100G")
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: the system refused") && found.errors.contains("address space"))
        #expect(found.errors.split(separator: "\n").count == 1, "\(found.errors)")
    }
}
