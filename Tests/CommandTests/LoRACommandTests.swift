import Foundation
import TestFiles
import Testing

/// `--lora` of `sd-lite generate` and `sd-lite plan`; that it changes the picture is in the table of options.
struct LoRACommandTests {
    private let folder: TemporaryFolder
    private let lora = Fixtures.path("loras/kohya.safetensors")

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String]) throws -> Program.Outcome {
        try Program.run("sd-lite", arguments, environment: ["SDLITE_MODEL": TinyModel.path()])
    }

    @Test func thePictureNamesThem() throws {
        let other = Fixtures.path("loras/peft.safetensors")
        let outcome = try run(
            ["generate", "a cat", "--steps", "1", "-o", folder.path("p.png"), "--lora", lora + ":0.5", "--lora", other])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let words = Array("a cat <lora:kohya:0.5> <lora:peft:1.0>\nSteps: 1".utf8)
        #expect(try Data(folder.read("p.png")).firstRange(of: words) != nil)
    }

    @Test func plansTakeThem() throws {
        let outcome = try run(["plan", "--lora", lora])
        #expect(outcome.status == 0 && outcome.output.contains("\ndenoising "))
    }

    @Test func whatIsWrongIsSaid() throws {
        let nowhere = try run(["generate", "a cat", "--lora", folder.path("nowhere:0.5")])
        #expect(nowhere.status == 1 && nowhere.errors.hasPrefix("error: \(folder.path("nowhere")): cannot be opened"))
        let scale = try run(["generate", "a cat", "--lora", lora + ":nan"])
        #expect(scale.status == 2 && scale.errors.contains("--lora"))
    }
}
