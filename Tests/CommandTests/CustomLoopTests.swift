import TestFiles
import Testing

/// Examples/CustomLoop, the pipeline taken apart by a user of the library.
struct CustomLoopTests {
    @Test func paintsWhatGeneratePaints() throws {
        let folder = try TemporaryFolder()
        let model = try TinyModel.path()
        let example = try Program.run("custom-loop", [model, "a cat", folder.path("loop.png"), "3"])
        #expect(example.status == 0, "\(example.errors)")
        let command = try Program.run(
            "sd-lite",
            [
                "generate", "a cat", "--model", model, "--scheduler", "lms", "--seed", "32", "--steps", "3",
                "-o", folder.path("generate.png"),
            ])
        #expect(command.status == 0, "\(command.errors)")
        #expect(try pixels(folder.read("loop.png")) == pixels(folder.read("generate.png")))
    }

    /// The compressed pixels of a PNG, without the text that `sd-lite generate` adds to the file.
    private func pixels(_ png: some Collection<UInt8>) throws -> [UInt8] {
        let bytes = Array(png)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: "IDAT".utf8) })
        let end = try #require(bytes.indices.last { bytes[$0...].starts(with: "IEND".utf8) })
        return Array(bytes[start..<end])
    }
}
