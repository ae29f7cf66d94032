import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// Steps that reuse what earlier ones made, beside the same done with diffusers' layers (Tests/Fixtures/make_reuse.py).
@Suite struct ReuseTests {
    private struct Cases: Decodable {
        var prompt: String
        var steps: Int
        var pictures: [String: TinyPipeline.Picture]
    }

    private func options(_ name: String, of tiny: TinyPipeline) throws -> GenerationOptions {
        let cases = try Fixtures.decode(Cases.self, "reuse/cases.json")
        var options = try tiny.options(#require(cases.pictures[name]))
        options.prompts = [cases.prompt]
        options.steps = cases.steps
        options.output = .latents
        options.reuse = true
        return options
    }

    /// In float32, sums in another order. In int16, the kept maps and the skips are rounded by up to 1.5e-5 of a pixel's
    /// largest number.
    @Test(
        arguments: ["ddim", "pndm", "lms", "rescaled", "unguided"],
        [(Arithmetic.float32, 4 * ParityTests.tolerance), (.mixed, 1e-3)])
    func latents(_ name: String, _ arithmetic: (Arithmetic, tolerance: Double)) throws {
        let tiny = try TinyPipeline(arithmetic: arithmetic.0)
        var options = try options(name, of: tiny)
        let file = try SafetensorsFile(path: Fixtures.path("reuse/expected.safetensors"))
        let entry = try #require(file.entries[name])
        let expected = try file.floats(entry, 0..<entry.shape.reduce(1, *))
        let found = try tiny.pipeline.generate(options) { _ in }.latents
        #expect(found.shape == entry.shape)
        #expect(relativeRMS(found.values, expected) < arithmetic.tolerance)
        options.reuse = false
        let whole = try tiny.pipeline.generate(options) { _ in }.latents
        #expect(relativeRMS(whole.values, expected) > 1e-2, "reuse does change the picture")
    }

    /// A copy that is ahead does not change what another one reads.
    @Test func copiesOfAGenerationAreApart() throws {
        let tiny = try TinyPipeline()
        let options = try options("pndm", of: tiny)
        let expected = try tiny.pipeline.denoising(options).map { try $0.get().latents }
        var first = try tiny.pipeline.denoising(options)
        var found: [Latents] = []
        while found.count < 5, let step = first.next() { found.append(try step.get().latents) }
        var second = first
        for index in 5..<8 {
            let step = try second.next()?.get()
            #expect(step?.latents == expected[index])
        }
        while let step = first.next() { found.append(try step.get().latents) }
        #expect(found == expected)
    }

    /// With several pictures, each with its maps, activations are as planned to the byte.
    @Test(arguments: [1, 3])
    func memoryIsPlanned(count: Int) throws {
        let pipeline = try Pipeline(model: Model(path: BundledModel.path()), threads: 2)
        var options = GenerationOptions(prompts: ["a red fox on grass", "a cat"], steps: 5, seed: 3, count: count)
        options.output = .latents
        let whole = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        options.reuse = true
        let plan = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        let found = try pipeline.compute.during(plan.run) { try pipeline.paint(options) }
        #expect(found.stages.map(\.activationBytes) == plan.stages.map(\.activations))
        let maps = 2 * count * 2 * 2 * 16 * 16 * 64  // whole steps, prompts, int16, the map's size
        #expect(plan.stages[1].activations >= whole.stages[1].activations + maps)
    }
}
