import TestFiles
import Testing

/// What the machine refuses is one sentence and exit status 1.
struct MachineTests {
    private func plan(_ arguments: [String] = [], after preparation: String? = nil) throws -> Program.Outcome {
        try Program.run("sd-lite", ["plan", "-m", TinyModel.path()] + arguments, after: preparation)
    }

    @Test func unknownKernels() throws {
        let found = try plan(after: "export SDLITE_KERNELS=portabel")
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: SDLITE_KERNELS is portabel, but") && found.errors.contains("portable"))
        #expect(try plan(after: "export SDLITE_KERNELS=portable").status == 0)
    }

    @Test(arguments: ["0", "-3", "1000000"])
    func impossibleThreadCounts(_ threads: String) throws {
        let found = try plan(["--threads=\(threads)"])
        #expect((1..<128).contains(found.status))
        #expect(found.errors.contains("--threads must be from 1 to 1024, not \(threads)"))
    }

    /// A thread's stack is a megabyte of address space.
    @Test func refusedThreads() throws {
        let found = try plan(["--threads", "1024"], after: "ulimit -v 800000")
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: the system refused to start another thread"), "\(found.errors)")
    }

    /// Little address space is enough for a small picture, and none at all for a large one.
    @Test func refusedAddressSpace() throws {
        let folder = try TemporaryFolder()
        func paint(_ arguments: [String]) throws -> Program.Outcome {
            let common = ["-m", try TinyModel.path(), "--steps", "1", "--threads", "2", "--quiet"]
            return try Program.run(
                "sd-lite", ["generate", "x", "-o", folder.path("p.png")] + common + arguments,
                after: "ulimit -v 150000")
        }
        #expect(try paint([]).status == 0)
        let found = try paint(["--width", "2048", "--height", "2048", "--memory-limit", "100G"])
        #expect(found.status == 1)
        #expect(found.errors.hasPrefix("error: the system refused") && found.errors.contains("address space"))
        #expect(found.errors.split(separator: "\n").count == 1, "\(found.errors)")
    }

    /// However little there is, nothing crashes: the model cannot be opened, or, with less yet, the file cannot be mapped.
    @Test(arguments: [76_000, 70_000, 66_000, 62_000, 58_000])
    func tooLittleAddressSpaceToOpenAModel(kilobytes: Int) throws {
        let found = try plan(after: "ulimit -v \(kilobytes)")
        #expect(found.status < 128, "\(found.errors)")
        #expect(found.status == 0 || found.errors.split(separator: "\n").count == 1, "\(found.errors)")
    }
}
