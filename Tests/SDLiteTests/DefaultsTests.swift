import Quant
import TestFiles
import Testing

@testable import SDLite

/// What a checkpoint, or who converts it, may say about its use.
struct DefaultsTests {
    private func model(_ index: String, options: [String] = []) throws -> Model {
        let folder = try TemporaryFolder()
        let checkpoint = try TinyModel.copyCheckpoint(to: folder)
        try folder.write("checkpoint/model_index.json", index)
        return try Model(path: TinyModel.convert(checkpoint, .fp16, options, to: folder.path("model.sdq")))
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
        let model = try model("{}")
        #expect(model.defaultGuidanceScale == 7.5 && model.defaultSteps == 50)
        #expect(try model.defaultSampler == Sampler(.pndm))
        #expect(!model.file.hasDocument("recommended.json"))
    }

    @Test func stepsAndSchedulerToo() throws {
        let pipeline = try Pipeline(model: model(#"{"_default_steps": 3, "_default_scheduler": "ddim"}"#))
        #expect(try pipeline.model.defaultSteps == 3 && pipeline.model.defaultSampler == Sampler(.ddim))
        var options = GenerationOptions(prompt: "a red fox on grass", seed: 0, output: .latents)
        let generation = try pipeline.generate(options)
        #expect(generation.stepSeconds.count == 3)
        (options.steps, options.scheduler) = (3, try pipeline.model.scheduler(.ddim))
        #expect(try pipeline.generate(options).latents == generation.latents)
        options.scheduler = try pipeline.model.scheduler(.lms)
        #expect(try pipeline.generate(options).latents != generation.latents)
    }

    @Test func whoConvertsKnowsBetter() throws {
        let options = ["--default-steps", "4", "--default-guidance-scale", "1", "--default-scheduler", "LMS Karras"]
        let model = try model(#"{"_default_guidance_scale": 3, "_default_steps": 9}"#, options: options)
        #expect(model.defaultGuidanceScale == 1 && model.defaultSteps == 4)
        #expect(try model.defaultSampler == Sampler(.lms, sigmas: .karras))
        #expect(try model.scheduler() is LMSDiscreteScheduler)
    }

    @Test func anUnknownSchedulerCanBeReplaced() throws {
        let model = try model("{}", options: ["--default-scheduler", "none-such"])
        #expect(throws: SchedulerError.self) { try model.scheduler() }
        _ = try model.scheduler(.ddim)
    }

    /// Files of older converters have no document of their own for it.
    @Test func olderFiles() throws {
        let folder = try TemporaryFolder()
        let file = try model(#"{"_default_guidance_scale": 3}"#).file
        #expect(file.hasDocument("recommended.json"))
        let documents = try file.header.documents.filter { $0.name != "recommended.json" }
            .map { (name: $0.name, contents: try file.document($0.name)) }
        func older(_ more: [(name: String, contents: [UInt8])]) throws -> Model {
            let path = folder.path("older.sdq")
            _ = try WeightFileWriter(path: path, converter: "test", documents: documents + more, tensors: []).finish()
            return try Model(path: path)
        }
        #expect(try older([]).defaultGuidanceScale == 3)
        #expect(throws: ModelError.badDocument("recommended.json", reason: "_default_steps is 0, expected 1 to 1000")) {
            try older([("recommended.json", Array(#"{"_default_steps": 0}"#.utf8))])
        }
    }
}
