import Kernels
import TestFiles
import Testing

@testable import SDLite

/// What int16 arithmetic changes on the bundled model, whose weights and activations are a trained network's.
@Suite struct ArithmeticTests {
    private func pipeline(_ arithmetic: Arithmetic) throws -> Pipeline {
        try Pipeline(model: Model(path: BundledModel.path()), compute: Compute(arithmetic: arithmetic))
    }

    /// Rounding to int16 is 1e-4 of a row's usual value, some 5e-4 behind Winograd's transforms. Independent errors of
    /// some 30 layers in a row add up to 2e-3 at most, which is well below the int8 rounding of the weights (1e-2).
    @Test func unetAndDecoderAreCloseToFloat32() throws {
        let (mixed, float32) = (try pipeline(.mixed), try pipeline(.float32))
        var generator = NoiseGenerator(seed: 7)
        let latents = try Latents.randn(shape: [1, 4, 16, 16], using: &generator)
        let ids = ["", "an astronaut riding a horse on mars"].map { float32.tokenizer.encode($0).ids }
        let states = try float32.textEncoder(ids)
        for timestep in [1.0, 500, 981] {
            let found = try mixed.unet(latents, timestep: timestep, encoderHiddenStates: states)
            let expected = try float32.unet(latents, timestep: timestep, encoderHiddenStates: states)
            #expect(relativeRMS(found.values, expected.values) < 2e-3, "at \(timestep)")
        }
        let found = try mixed.vae.decode(scaled: latents).values
        #expect(relativeRMS(found, try float32.vae.decode(scaled: latents).values) < 2e-3)
    }

    @Test func pictureIsCloseToFloat32() throws {
        let options = GenerationOptions(prompt: "an astronaut riding a horse on mars", steps: 10, seed: 0)
        let found = try pipeline(.mixed).generate(options).images[0].pixels
        let expected = try pipeline(.float32).generate(options).images[0].pixels
        #expect(psnr(found, expected.map(Float.init)) > 45)
    }

    /// One latent for several prompts is a shortcut, not another result.
    @Test func sharedLatentsAreComputedOnce() throws {
        let pipeline = try pipeline(.float32)
        var generator = NoiseGenerator(seed: 7)
        let latents = try Latents.randn(shape: [1, 4, 16, 16], using: &generator)
        let states = try pipeline.textEncoder(["", "a cat"].map { pipeline.tokenizer.encode($0).ids })
        let shared = try pipeline.unet(latents, timestep: 500, encoderHiddenStates: states)
        let separate = try pipeline.unet(latents.repeated(2), timestep: 500, encoderHiddenStates: states)
        #expect(shared == separate)
    }
}
