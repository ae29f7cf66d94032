import Kernels
import TestFiles
import Testing

@testable import SDLite

/// Pictures of a generation on its way.
@Suite struct PreviewTests {
    private func options(_ every: Int?) -> GenerationOptions {
        GenerationOptions(prompt: "a red fox on grass", steps: 5, seed: 3, count: 2, previewEvery: every)
    }

    @Test(arguments: [true, false]) func theyComeWithTheProgress(_ hasTinyVAE: Bool) throws {
        let path = try hasTinyVAE ? TinyModel.withTinyVAE(.int8) : TinyModel.path(.int8)
        let pipeline = try Pipeline(model: Model(path: path), threads: 2)
        var previews: [Int: [Image]] = [:]
        let painted = try pipeline.generate(options(2)) { progress in
            #expect(progress.previews.isEmpty || progress.stage == .denoising)
            if !progress.previews.isEmpty { previews[progress.completed] = progress.previews }
        }
        #expect(previews.keys.sorted() == [2, 4, 6], "PNDM evaluates once more")
        let size = hasTinyVAE ? 64 : 8
        #expect(previews.values.allSatisfy { $0.count == 2 && $0[0].width == size && $0[0].height == size })
        #expect(previews[2] != previews[4])
        #expect(try pipeline.generate(options(nil)).images == painted.images, "they change nothing")
    }

    /// On the bundled model: what a map of colours makes of latents is near the decoded picture at an eighth of its size,
    /// and much nearer than the best single colour.
    @Test func colorsAreThoseOfThePicture() throws {
        let pipeline = try Pipeline(model: Model(path: BundledModel.path()), threads: 2)
        let painted = try pipeline.generate(GenerationOptions(prompt: "a red fox", steps: 8, seed: 3))
        let preview = try pipeline.previewer()(painted.latents)[0]
        let (image, scale) = (painted.images[0], pipeline.vae.scale)
        var (differences, deviations) = (0.0, 0.0)
        for color in 0..<3 {
            var means: [Double] = []
            for i in 0..<preview.width * preview.height {
                let (left, top) = (i % preview.width * scale, i / preview.width * scale)
                let square = (0..<scale * scale).map { j in
                    Double(image.pixels[((top + j / scale) * image.width + left + j % scale) * 3 + color])
                }
                means.append(square.reduce(0, +) / Double(square.count))
                let difference = means[i] - Double(preview.pixels[3 * i + color])
                differences += difference * difference
            }
            let mean = means.reduce(0, +) / Double(means.count)
            deviations += means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        #expect(differences < 0.25 * deviations, "\((differences / deviations).squareRoot())")
    }

    /// With the noise itself as the model's answer, what remains is the original, whatever the scheduler counts in.
    @Test(arguments: SchedulerKind.allCases, [PredictionType.epsilon, .velocity])
    func whatIsShownIsWithoutNoise(_ kind: SchedulerKind, _ type: PredictionType) throws {
        let model = try Model(path: TinyModel.path(.int8))
        var scheduler = try model.scheduler(kind) { $0.predictionType = type }
        try scheduler.setTimesteps(10)
        var generator = NoiseGenerator(seed: 1)
        let original = try Latents.randn(shape: [1, 4, 2, 2], using: &generator)
        let noise = try Latents.randn(shape: [1, 4, 2, 2], using: &generator)
        for timestep in scheduler.timesteps {
            let input = try scheduler.addNoise(original, noise: noise, timestep: timestep)
            // The shares of both in a sample of unit variance.
            let (zeros, half) = (0 * original, try scheduler.addNoise(0 * original, noise: noise, timestep: timestep))
            let b = half.values[0] / noise.values[0]
            let a = try scheduler.addNoise(original, noise: zeros, timestep: timestep).values[0] / original.values[0]
            let norm = (a * a + b * b).squareRoot()
            let output = type == .epsilon ? noise : try (a / norm) * noise - (b / norm) * original
            let step = Denoising.Step(
                index: 0, count: 1, timestep: timestep, latents: input, input: input, output: output,
                scheduler: scheduler)
            // Near the beginning the original is a fifteenth of the noise, in numbers rounded to 6e-8.
            #expect(try relativeRMS(step.denoised().values, original.values) < 1e-4, "\(timestep)")
        }
    }

    @Test func nonsenseIsRefused() throws {
        let pipeline = try Pipeline(model: Model(path: TinyModel.path(.int8)), threads: 1)
        #expect(throws: ModelError.badOption("previewEvery must be 1 or more")) { try pipeline.plan(options(0)) }
    }
}
