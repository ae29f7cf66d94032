import Foundation
import TestFiles
import Testing

@testable import SDLite

/// What a checkpoint may say about its use in model_index.json.
struct DefaultsTests {
    private func model(_ index: String) throws -> Model {
        let folder = try TemporaryFolder()
        let checkpoint = Fixtures.repository.appending(path: "Tests/Fixtures/pipeline/checkpoint")
        let copy = URL(filePath: folder.path("checkpoint"))
        try FileManager.default.copyItem(at: checkpoint, to: copy)
        try FileManager.default.copyItem(
            at: Fixtures.repository.appending(path: "models/emoji/tokenizer"), to: copy.appending(path: "tokenizer"))
        try Data(index.utf8).write(to: copy.appending(path: "model_index.json"))
        return try Conversion.model(of: copy, weights: "fp16")
    }

    @Test func theGuidanceScaleIsTheModelsOwn() throws {
        let pipeline = try Pipeline(model: model(#"{"_default_guidance_scale": 3}"#))
        #expect(pipeline.model.defaultGuidanceScale == 3)
        var options = GenerationOptions(prompt: "a red fox on grass")
        options.steps = 2
        let latents = try pipeline.generate(options).latents.values
        options.guidanceScale = 3
        #expect(try pipeline.generate(options).latents.values == latents)
        options.guidanceScale = 7.5
        #expect(try pipeline.generate(options).latents.values != latents)
    }

    @Test func withoutOneItIsThatOfDiffusers() throws {
        #expect(try model("{}").defaultGuidanceScale == 7.5)
    }

    @Test(arguments: ["-1", "1e30", #""three""#])
    func aSenselessOneIsRefused(value: String) {
        let error = #expect(throws: ModelError.self) { try model(#"{"_default_guidance_scale": \#(value)}"#) }
        #expect(error?.description.contains("_default_guidance_scale") == true)
    }
}
