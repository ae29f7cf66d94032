import Kernels
import TestFiles
import Testing

@testable import SDLite

/// LoRAs at run time, beside diffusers' `load_lora_weights` and `set_adapters` in float32.
@Suite struct LoRATests {
    let tiny: TinyLoRAs

    init() throws { tiny = try TinyLoRAs() }

    private func pipeline(
        _ path: String, _ arithmetic: Arithmetic = .mixed, threads: Int? = nil
    ) throws -> Pipeline {
        try Pipeline(model: Model(path: path), compute: Compute(threads: threads, arithmetic: arithmetic))
    }

    private func compare(_ found: TinyLoRAs.Values, _ expected: TinyLoRAs.Values, _ tolerance: Double) {
        #expect(relativeRMS(found.text, expected.text) < tolerance)
        #expect(relativeRMS(found.unet, expected.unet) < tolerance)
        // As in `ParityTests`, steps enlarge an error of the U-Net.
        #expect(relativeRMS(found.latents, expected.latents) < 4 * tolerance)
    }

    /// Every spelling, with its alpha where it keeps it; linear layers, both of the gated ones, convolutions of every
    /// kind, the time embedding and the text encoder are all in the first. Left out or in another strength each of these
    /// changes the results by 1e-2 and more.
    @Test(arguments: ["kohya", "peft", "diffusers", "processor", "onetrainer"])
    func spellings(_ name: String) throws {
        let pipeline = try pipeline(TinyModel.path(.fp16), .float32)
        let found = try tiny.values(pipeline, [tiny.lora(name, for: pipeline.model)])
        try compare(found, tiny.expected(name), ParityTests.tolerance)
        #expect(relativeRMS(found.unet, try tiny.expected("plain").unet) > 0.1, "it does change the prediction")
    }

    @Test func stableDiffusion2() throws {
        let pipeline = try pipeline(TinyModel.sd2(), .float32)
        let found = try tiny.values(pipeline, [tiny.lora("sd2-kohya", for: pipeline.model)])
        try compare(found, tiny.expected("sd2-kohya"), ParitySD2Tests.tolerance)
    }

    /// As users run it, maps wait as int16.
    @Test func integersInWaiting() throws {
        let pipeline = try pipeline(TinyModel.path(.fp16))
        let found = try tiny.values(pipeline, [tiny.lora("kohya", for: pipeline.model)])
        try compare(found, tiny.expected("kohya"), 2 * ParityTests.tolerance)
    }

    @Test func severalAddUp() throws {
        let pipeline = try pipeline(TinyModel.path(.fp16), .float32)
        var loras = try ["kohya", "diffusers"].map { try tiny.lora($0, for: pipeline.model) }
        (loras[0].scale, loras[1].scale) = (0.5, 0.7)
        try compare(tiny.values(pipeline, loras), tiny.expected("two"), ParityTests.tolerance)
    }

    /// The model stays as it is: what comes after a LoRA, or with one at nothing, is bit for bit what came before.
    @Test func nothingIsLeftBehind() throws {
        let pipeline = try pipeline(TinyModel.path(.int8))
        let plain = try tiny.values(pipeline, [])
        var lora = try tiny.lora("kohya", for: pipeline.model)
        let with = try tiny.values(pipeline, [lora])
        #expect(with.latents != plain.latents && with.text != plain.text)
        lora.scale = 0
        for found in [try tiny.values(pipeline, []), try tiny.values(pipeline, [lora])] {
            #expect(found.text == plain.text && found.unet == plain.unet && found.latents == plain.latents)
        }
    }

    /// The same bits on any number of threads and under every plan, and activations as planned, to the byte.
    @Test(arguments: [TinyModel.Weights.int8, .fp16])
    func memory(_ weights: TinyModel.Weights) throws {
        let pipeline = try pipeline(TinyModel.path(weights), threads: 2)
        let lora = try tiny.lora("kohya", for: pipeline.model)
        let options = try tiny.options(pipeline, [lora])
        let free = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        let without = try pipeline.choosePlan(tiny.options(pipeline, []), memoryLimit: nil, base: 0)
        // With fp16 weights these tiny maps leave room enough.
        #expect(weights == .fp16 || free.stages[1].activations > without.stages[1].activations)
        let expected = try pipeline.compute.during(free.run) { try pipeline.paint(options) }
        #expect(expected.stages.map(\.activationBytes) == free.stages.map(\.activations))
        let least = try pipeline.choosePlan(options, memoryLimit: free.peak - 1, base: 0)
        let found = try pipeline.compute.during(least.run) { try pipeline.paint(options) }
        #expect(found.stages.map(\.activationBytes) == least.stages.map(\.activations))
        #expect(found.latents == expected.latents)
        let alone = try self.pipeline(TinyModel.path(weights), threads: 1)
        #expect(try alone.generate(options).latents == expected.latents)
    }

    /// What a loop of one's own does: another strength needs another conditioning, and has it.
    @Test func conditioningsHaveTheirOwn() throws {
        let pipeline = try pipeline(TinyModel.path(.fp16))
        var lora = try tiny.lora("kohya", for: pipeline.model)
        let full = try tiny.unet(pipeline, [lora])
        lora.scale /= 2
        #expect(try tiny.unet(pipeline, [lora]) != full)
        lora.scale *= 2
        #expect(try tiny.unet(pipeline, [lora]) == full)
    }

    @Test func otherModels() throws {
        let (first, second) = (try pipeline(TinyModel.path(.fp16)), try pipeline(TinyModel.sd2()))
        let lora = try tiny.lora("kohya", for: first.model)
        #expect(throws: ModelError.badLoRA(file: "kohya", reason: "it was read for a model of another architecture")) {
            try second.generate(tiny.options(second, [lora]))
        }
        let sameArchitecture = try pipeline(TinyModel.path(.int8))
        _ = try sameArchitecture.promptEncoder(["a cat"], loras: [lora])
        var broken = lora
        broken.scale = .nan
        #expect(throws: ModelError.self) { try first.promptEncoder(["a cat"], loras: [broken]) }
    }
}
