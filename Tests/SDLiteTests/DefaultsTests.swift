import TestFiles
import Testing

@testable import SDLite

/// What a checkpoint may say about its use in model_index.json.
struct DefaultsTests {
    private func model(_ index: String) throws -> Model {
        let folder = try TemporaryFolder()
        let checkpoint = try TinyModel.copyCheckpoint(to: folder)
        try folder.write("checkpoint/model_index.json", index)
        return try Model(path: TinyModel.convert(checkpoint, .fp16, to: folder.path("model.sdq")))
    }

    @Test func theGuidanceScaleIsTheModelsOwn() throws {
        let pipeline = try Pipeline(model: model(#"{"_default_guidance_scale": 3}"#))
        #expect(pipeline.model.defaultGuidanceScale == 3)
        var options = GenerationOptions(prompt: "a red fox on grass", steps: 2, seed: 0)
        let latents = try pipeline.generate(options).latents.values
        options.guidanceScale = 3
        #expect(try pipeline.generate(options).latents.values == latents)
        options.guidanceScale = 7.5
        #expect(try pipeline.generate(options).latents.values != latents)
    }

    @Test func withoutOneItIsThatOfDiffusers() throws {
        #expect(try model("{}").defaultGuidanceScale == 7.5)
    }
}
