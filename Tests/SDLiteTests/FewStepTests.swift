import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// Few-step models in miniature, in float32 beside diffusers in float32 on the same float16-rounded weights
/// (Tests/Fixtures/make_few_step.py).
@Suite struct FewStepTests {
    struct Cases: Decodable {
        var texts: [String]
        var sizes: [[Int]]
        var timesteps: [Double]
        var scales: [Float]
        var pictures: [String: [String: Picture]]
    }

    struct Picture: Decodable {
        var steps: Int
        var guidance: Float
        var seed: UInt64
        var count: Int?
    }

    let folder: TemporaryFolder
    let cases: Cases
    private let file: SafetensorsFile

    init() throws {
        folder = try TemporaryFolder()
        cases = try Fixtures.decode(Cases.self, "few-step/cases.json")
        file = try SafetensorsFile(path: Fixtures.path("few-step/expected.safetensors"))
    }

    private func model(_ name: String, over version: TinyModel.Version = .sd1) throws -> Model {
        let checkpoint = try TinyModel.copyFewStep(name, over: version, to: folder)
        return try Model(path: TinyModel.convert(checkpoint, .fp16, to: folder.path(name + ".sdq")))
    }

    private func pipeline(
        _ name: String, over version: TinyModel.Version = .sd1, _ arithmetic: Arithmetic = .float32
    ) throws -> Pipeline {
        try Pipeline(model: model(name, over: version), compute: Compute(arithmetic: arithmetic))
    }

    private func expected(_ name: String) throws -> Latents {
        let entry = try #require(file.entries[name], "\(name)")
        return try Latents(shape: entry.shape, values: file.floats(entry, 0..<entry.shape.reduce(1, *)))
    }

    /// Told no guidance scale, at two timesteps and two sizes, of which one is odd on every level.
    @Test(arguments: ["lcm", "small"]) func unets(_ name: String) throws {
        let pipeline = try pipeline(name)
        let states = try pipeline.promptEncoder(cases.texts).hiddenStates
        for size in cases.sizes {
            let key = "\(name).\(size[0])x\(size[1])"
            let latents = try expected(key + ".latents")
            for timestep in cases.timesteps {
                let found = try pipeline.unet(latents, timestep: timestep, encoderHiddenStates: states)
                let wanted = try expected("\(key).t\(Int(timestep))")
                #expect(relativeRMS(found.values, wanted.values) < ParityTests.tolerance, "\(key) at \(timestep)")
            }
        }
    }

    /// A scale of 8.5 makes angles of up to 7500, of which float32 knows four decimals: the last bit of an exponential
    /// shows in the fourth decimal of a sine, and the network's output differs by 1e-5.
    @Test func theGuidanceScaleIsEmbedded() throws {
        let pipeline = try pipeline("lcm")
        #expect(pipeline.unet.embedsGuidance && pipeline.model.embedsGuidance)
        let states = try pipeline.promptEncoder(cases.texts).hiddenStates
        for size in cases.sizes {
            let key = "lcm.\(size[0])x\(size[1])"
            let latents = try expected(key + ".latents")
            var found: [Latents] = []
            for scale in cases.scales {
                found.append(
                    try pipeline.unet(
                        latents, timestep: cases.timesteps[0], encoderHiddenStates: states, guidanceScale: scale))
                let wanted = try expected("\(key).guided\(scale)").values
                #expect(relativeRMS(found[found.count - 1].values, wanted) < ParityTests.tolerance, "\(key) \(scale)")
            }
            #expect(relativeRMS(found[0].values, found[1].values) > 1e-2)
        }
        for scale in [Float.nan, .infinity] {
            #expect(throws: ModelError.self) {
                try pipeline.unet.conditioning(timesteps: [1], encoderHiddenStates: states, guidanceScale: scale)
            }
        }
    }

    @Test func otherUNetsTakeNoGuidanceScale() throws {
        let pipeline = try pipeline("small")
        #expect(!pipeline.unet.embedsGuidance)
        let states = try pipeline.promptEncoder([""]).hiddenStates
        #expect(throws: ModelError.self) {
            try pipeline.unet.conditioning(timesteps: [1], encoderHiddenStates: states, guidanceScale: 7.5)
        }
    }

    /// A model that is told the guidance scale is evaluated once a step, without the negative prompt.
    @Test func oneEvaluationAStep() throws {
        let pipeline = try pipeline("lcm")
        var options = GenerationOptions(prompt: "a cat", steps: 2, guidanceScale: 8.5, seed: 1, output: .latents)
        options.scheduler = try pipeline.model.scheduler(.ddim)
        let request = try Request(options, model: pipeline.model, vae: pipeline.vae)
        #expect(request.texts == [["a cat"]] && request.guidanceScale == nil && request.embeddedGuidanceScale == 8.5)
        let latents = try pipeline.generate(options).latents
        options.negativePrompt = "a dog"
        #expect(try pipeline.generate(options).latents == latents)
        options.guidanceScale = 1
        #expect(try relativeRMS(pipeline.generate(options).latents.values, latents.values) > 1e-3)
    }

    /// The last latents of LatentConsistencyModelPipeline, and of SD-Turbo's one and four unguided steps. LCM is told
    /// the guidance scale; see above for what of it float32 knows.
    @Test(arguments: ["lcm", "turbo"]) func pictures(_ name: String) throws {
        let pipeline = try pipeline(name, over: name == "turbo" ? .sd2 : .sd1)
        for (key, picture) in try #require(cases.pictures[name]) {
            var options = GenerationOptions(prompt: cases.texts[1], steps: picture.steps, output: .latents)
            (options.guidanceScale, options.seed) = (picture.guidance, picture.seed)
            options.count = picture.count ?? 1
            let latents = try pipeline.generate(options).latents
            let wanted = try expected("\(name).picture.\(key)")
            #expect(latents.shape == wanted.shape)
            #expect(relativeRMS(latents.values, wanted.values) < 5 * ParityTests.tolerance, "\(name) \(key)")
        }
    }

    /// As users run it, with maps that wait as int16 and everything as the model has it by default.
    @Test(arguments: [("lcm", "four"), ("turbo", "one")]) func defaults(_ name: String, _ key: String) throws {
        let pipeline = try pipeline(name, over: name == "turbo" ? .sd2 : .sd1, .mixed)
        let picture = try #require(cases.pictures[name]?[key])
        let options = GenerationOptions(prompt: cases.texts[1], seed: picture.seed, output: .latents)
        let generation = try pipeline.generate(options)
        #expect(generation.stepSeconds.count == picture.steps)
        let wanted = try expected("\(name).picture.\(key)").values
        #expect(relativeRMS(generation.latents.values, wanted) < 1e-3)
    }

    /// The memory that is used is the memory that was planned, also without a block in the middle.
    @Test(arguments: ["lcm", "small"]) func plans(_ name: String) throws {
        let pipeline = try pipeline(name, .mixed)
        var options = GenerationOptions(prompt: "a cat", steps: 2, seed: 1)
        options.scheduler = try pipeline.model.scheduler(.ddim)
        let plan = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        let found = try pipeline.compute.during(plan.run) { try pipeline.paint(options) }
        #expect(found.stages.map(\.activationBytes) == plan.stages.map(\.activations))
    }

    @Test func knownModelsHaveTheirDefaults() throws {
        let lcm = try model("lcm")
        #expect(try lcm.defaultSteps == 4 && lcm.defaultGuidanceScale == 8.5 && lcm.defaultSampler == Sampler(.lcm))
        let turbo = try model("turbo", over: .sd2)
        #expect(turbo.defaultSteps == 1 && turbo.defaultGuidanceScale == 0 && !turbo.embedsGuidance)
        #expect(try turbo.defaultSampler == Sampler(.euler))
        let small = try model("small")
        #expect(small.defaultSteps == 50 && small.defaultGuidanceScale == 7.5)
        #expect(try small.defaultSampler == Sampler(.pndm))
    }
}
