import Foundation
import Kernels
import TestFiles
import Testing

@testable import SDLite

/// The pipeline as a library's users meet it, on the tiny model: 64×64 pictures from 8×8 latents.
@Suite struct PipelineTests {
    let pipeline: Pipeline

    init() throws { pipeline = try TinyPipeline().pipeline }

    private func options(_ prompts: String..., steps: Int = 2) -> GenerationOptions {
        GenerationOptions(prompts: prompts, steps: steps, guidanceScale: 7.5, seed: 7)
    }

    @Test func asyncPaintsTheSame() async throws {
        let expected = try blocking(options("a cat"))
        #expect(try await pipeline.generate(options("a cat")).images == expected.images)
    }

    /// An overload without `await` that an async test would otherwise not choose.
    private func blocking(_ options: GenerationOptions) throws -> Generation { try pipeline.generate(options) }

    @Test func eventsTellEveryStepAndItsLatents() async throws {
        var (stages, latents, last): ([Stage], [Latents], Generation?) = ([], [], nil)
        for try await event in pipeline.events(options("a cat")) {
            switch event {
            case .progress(let progress):
                if stages.last != progress.stage { stages.append(progress.stage) }
                if let step = progress.latents { latents.append(step) }
            case .finished(let generation): last = generation
            }
        }
        let expected: [Stage] = [.encodingText, .denoising, .decoding]
        #expect(stages == expected)
        let generation = try #require(last)
        #expect(latents.count == 3 && latents.last == generation.latents)  // PNDM doubles one of the two steps.
        #expect(generation.stages.map(\.stage) == expected)
    }

    @Test func aCancelledTaskStopsBetweenLayers() async throws {
        let many = options("a cat", steps: 900)
        let pipeline = pipeline
        let task = Task { try await pipeline.generate(many) }
        let waiting = Task { try await pipeline.generate(many) }
        for try await _ in pipeline.events(options("a cat")) { break }  // who stops listening cancels too
        task.cancel()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try blocking(options("a cat")).images.count == 1)
    }

    @Test func aBlockingCallStopsWithItsTask() async throws {
        let many = options("a cat", steps: 900)
        let pipeline = pipeline
        let task = Task.detached { () throws -> Int in
            func blocking() throws -> Generation { try pipeline.generate(many) { _ in } }
            return try blocking().images.count
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func severalTasksTakeTurns() async throws {
        let expected = try (0..<3).map { try blocking(options("a cat", steps: 1 + $0)).images }
        let pipeline = pipeline
        let all = (0..<3).map { options("a cat", steps: 1 + $0) }
        let found = try await withThrowingTaskGroup(of: (Int, [Image]).self) { group in
            for (i, options) in all.enumerated() {
                group.addTask { (i, try await pipeline.generate(options).images) }
            }
            return try await group.reduce(into: [Int: [Image]]()) { $0[$1.0] = $1.1 }
        }
        for i in 0..<3 { #expect(found[i] == expected[i]) }
    }

    @Test func progressCanEndTheWork() {
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try blockingWithProgress { if $0.completed == 1, $0.stage == .denoising { throw Enough() } }
        }
    }

    @Test func aGenerationMayAskForAnother() throws {
        var inner: [Image] = []
        _ = try blockingWithProgress {
            if $0.completed == 1, $0.stage == .denoising {
                inner = try pipeline.generate(options("a dog")) { _ in }.images
            }
        }
        #expect(try inner == blocking(options("a dog")).images)
    }

    private func blockingWithProgress(_ progress: (GenerationProgress) throws -> Void) throws -> Generation {
        try pipeline.generate(options("a cat"), progress: progress)
    }

    @Test func denoisingIsASequence() throws {
        let expected = try blocking(options("a cat"))
        let steps = try pipeline.denoising(options("a cat")).map { try $0.get() }
        #expect(steps.map(\.index) == [0, 1, 2] && steps[0].count == 3)
        #expect(steps.last?.latents == expected.latents)
    }

    /// Two prompts start from the noise that two pictures of one prompt start from.
    @Test func severalPromptsInOneCall() throws {
        var two = options("a cat")
        two.count = 2
        let cats = try blocking(two).images
        two.prompts = ["a dog"]
        let dogs = try blocking(two).images
        let both = try blocking(options("a cat", "a dog"))
        #expect(both.images == [cats[0], dogs[1]])
        two.prompts = ["a cat", "a dog"]
        #expect(try blocking(two).images.count == 4)
    }

    @Test func latentsOnly() throws {
        var latents = options("a cat")
        latents.output = .latents
        let found = try blocking(latents)
        #expect(found.images.isEmpty && found[.decoding] == nil)
        #expect(try found.latents == blocking(options("a cat")).latents)
    }

    @Test func aRandomSeedIsReported() throws {
        var any = options("a cat")
        any.seed = nil
        let first = try blocking(any)
        #expect(try blocking(any).seed != first.seed)
        any.seed = first.seed
        #expect(try blocking(any).images == first.images)
    }

    @Test func aSchedulerOfTheCallers() throws {
        var stochastic = options("a cat")
        stochastic.scheduler = try pipeline.model.scheduler(.ddim) { $0.eta = 1 }
        var ddim = options("a cat")
        ddim.scheduler = try pipeline.model.scheduler(.ddim)
        let images = try [options("a cat"), ddim, stochastic].map { try blocking($0).images[0] }
        #expect(images[0] != images[1] && images[1] != images[2])
        #expect(throws: SchedulerError.self) { try pipeline.model.scheduler(.ddim) { $0.eta = 2 } }
    }

    @Test func theMemoryLimitIsKeptByGenerate() throws {
        #expect(throws: ModelError.self) { try pipeline.generate(options("a cat"), memoryLimit: 1 << 20) { _ in } }
    }

    /// Neither planning nor painting leaves threads behind.
    @Test func plansStartNoThreads() throws {
        func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let own = try TinyPipeline().pipeline
        _ = try own.plan(options("a cat"))
        let before = try threads()
        for _ in 0..<20 { _ = try own.plan(options("a cat")) }
        #expect(try threads() < before + 10)  // other tests come and go
    }

    @Test func wrongValuesThrowSentences() throws {
        let latents = try Latents(shape: [1, 4, 8, 8], values: [Float](repeating: 0, count: 256))
        let wrong: [(inout GenerationOptions) -> Void] = [
            { $0.prompts = [] }, { $0.count = 0 }, { $0.count = -1 }, { $0.count = .max }, { $0.steps = 0 },
            { $0.steps = -5 }, { $0.steps = .max }, { $0.width = 0 }, { $0.width = -8 }, { $0.width = 12 },
            { $0.width = .max }, { $0.height = 1 << 40 }, { ($0.width, $0.height) = (8192, 8192) },
            { $0.guidanceScale = .nan }, { $0.guidanceScale = .infinity }, { $0.guidanceRescale = .nan },
            { $0.guidanceRescale = 1.5 }, { $0.guidanceRescale = -0.1 },
            { ($0.start, $0.count) = (.latents(latents), 2) }, { ($0.start, $0.width) = (.latents(latents), 128) },
        ]
        for (i, change) in wrong.enumerated() {
            var options = options("a cat")
            change(&options)
            #expect(throws: (any Error).self, "\(i)") { try blocking(options) }
            #expect(throws: (any Error).self, "\(i)") { try pipeline.plan(options) }
        }
    }

    /// A NaN in one scale of one layer, which int8 arithmetic could turn into finite numbers, ends the work.
    @Test(arguments: [
        "text_encoder.encoder.layers.0.mlp.fc1", "unet.down_blocks.0.resnets.0.conv1",
        "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", "unet.up_blocks.0.resnets.0.conv2",
        "vae.decoder.up_blocks.0.resnets.0.conv1",
    ])
    func damagedWeightsAreNamed(_ layer: String) throws {
        let folder = try TemporaryFolder()
        let pipeline = try Pipeline(model: Model(path: TinyPipeline.damagedModel(layer, in: folder)))
        let error = #expect(throws: ComputeError.self) { try pipeline.generate(options("a cat")) { _ in } }
        #expect(error == .notFinite(layer: layer + ".weight"))
    }

    @Test func latentsMustBeFinite() throws {
        let wrong = try Latents(shape: [1, 4, 8, 8], values: [Float](repeating: .nan, count: 256))
        var options = options("a cat")
        options.start = .latents(wrong)
        #expect(throws: ModelError.latentsNotFinite) { try blocking(options) }
        #expect(throws: ModelError.latentsNotFinite) { try pipeline.vae.decode(scaled: wrong) }
    }

    @Test func wrongPartsThrowSentences() throws {
        let states = try pipeline.textEncoder([pipeline.tokenizer.encode("a cat").ids])
        let latents = try Latents(shape: [1, 4, 8, 8], values: [Float](repeating: 0, count: 256))
        let three = try Latents(shape: [1, 3, 8, 8], values: [Float](repeating: 0, count: 192))
        for timestep in [Double.nan, .infinity, -1, 1e9] {
            #expect(throws: ModelError.self) {
                try pipeline.unet(latents, timestep: timestep, encoderHiddenStates: states)
            }
        }
        #expect(throws: ModelError.self) { try pipeline.unet(three, timestep: 1, encoderHiddenStates: states) }
        #expect(throws: ModelError.self) { try pipeline.vae.decode(scaled: three) }
        #expect(throws: ModelError.self) { try pipeline.unet.conditioning(timesteps: [], encoderHiddenStates: states) }
        let conditioning = try pipeline.unet.conditioning(timesteps: [1], encoderHiddenStates: states)
        for step in [-1, 1] {
            #expect(throws: ModelError.self) { try pipeline.unet(latents, step: step, conditioning) }
        }
        for tokens in [[], [[]], [[1], [1, 2]], [[-1]], [[.max]], [[Int](repeating: 1, count: 78)]] as [[[Int]]] {
            #expect(throws: ModelError.self) { try pipeline.textEncoder(tokens) }
        }
    }
}
