import TestFiles
import Testing

@testable import SDLite

/// Whole generations with samplers by A1111's names, noise in every step included, beside diffusers.
@Suite struct SamplerPictureTests {
    /// With fp16 weights. Maps wait as int16 (2e-4 of the U-Net's output, `ParityTests.integersInWaiting`), which ten guided
    /// steps enlarge up to fourfold. Another sampler, or other noise in one step, is off by more than a tenth.
    static let tolerance = 1e-3

    @Test(arguments: ["euler", "euler_a", "heun", "dpm_karras", "dpm_sde_karras", "unipc", "lcm", "turbo"])
    func pictures(_ name: String) throws {
        let tiny = try TinyPipeline(samplers: .fp16)
        let picture = try #require(tiny.cases.pictures[name])
        var options = try tiny.options(picture)
        options.output = .latents
        let found = try tiny.pipeline.generate(options).latents
        let expected = try tiny.latents("picture.\(name).latents")
        #expect(found.shape == expected.shape)
        #expect(relativeRMS(found.values, expected.values) < Self.tolerance)
    }
}
