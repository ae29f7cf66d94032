import Foundation
import Kernels
import TestFiles
import Testing

@testable import SDLite

/// The engine in float32 beside diffusers in float32, on the same float16-rounded weights.
@Suite struct ParityTests {
    /// Sums in another order differ by some 1e-6; every parameter of the pipeline but the key biases changes the result
    /// by more than 1e-3 when it is left out.
    static let tolerance = 1e-4

    let tiny: TinyPipeline
    var pipeline: Pipeline { tiny.pipeline }

    init() throws { tiny = try TinyPipeline(arithmetic: .float32) }

    @Test func tokenIDsAndTextEmbeddings() throws {
        let ids = tiny.cases.texts.map { pipeline.tokenizer.encode($0).ids }
        let expectedIDs = try tiny.expected("text.ids").values.map { Int($0) }
        for (i, text) in tiny.cases.texts.enumerated() {
            #expect(ids[i] == Array(expectedIDs[i * 77..<(i + 1) * 77]), "\(text)")
        }
        let embeddings = try tiny.hiddenStates(tiny.cases.texts).values
        #expect(relativeRMS(embeddings, try tiny.expected("text.embeddings").values) < Self.tolerance)
    }

    @Test func unet() throws {
        let states = try tiny.hiddenStates(Array(tiny.cases.texts.prefix(2)))
        for size in tiny.cases.sizes {
            let name = "unet.\(size[0])x\(size[1])"
            let latents = try tiny.latents("\(name).latents")
            for timestep in size == [8, 8] ? tiny.cases.timesteps : [500] {
                let found = try pipeline.unet(latents, timestep: timestep, encoderHiddenStates: states)
                let spelled = timestep == timestep.rounded() ? "\(Int(timestep))" : "\(timestep)"
                let expected = try tiny.expected("\(name).t\(spelled)")
                #expect(found.shape == expected.shape)
                #expect(relativeRMS(found.values, expected.values) < Self.tolerance, "\(name) at \(timestep)")
            }
        }
    }

    @Test func vae() throws {
        for size in tiny.cases.sizes.dropLast() {
            let name = "vae.\(size[0])x\(size[1])"
            // The fixture's latents are already divided by the scaling factor, as diffusers' decode wants them.
            let latents = try tiny.latents("\(name).latents") * pipeline.vae.scalingFactor
            let image = Latents(channelsLast: try pipeline.vae.decode(scaled: latents))
            #expect(relativeRMS(image.values, try tiny.expected("\(name).image").values) < Self.tolerance, "\(name)")
        }
    }

    @Test func tiledDecode() throws {
        let latents = try tiny.latents("vae.tiled.latents") * pipeline.vae.scalingFactor
        let expected = try tiny.expected("vae.tiled.image").values
        let image = Latents(channelsLast: try pipeline.vae.tiledDecode(scaled: latents))
        #expect(relativeRMS(image.values, expected) < Self.tolerance)
        let whole = Latents(channelsLast: try pipeline.vae.decode(scaled: latents))
        #expect(relativeRMS(whole.values, expected) > 1e-2, "tiles do change the picture")
        #expect(throws: ModelError.self) { try pipeline.vae.tiledDecode(scaled: latents.repeated(2)) }
    }

    @Test(arguments: ["pndm", "ddim", "lms", "unguided", "negative", "odd_size", "two"])
    func pictures(_ name: String) throws {
        let picture = try #require(tiny.cases.pictures[name])
        let result = try pipeline.generate(tiny.options(picture))
        let steps = try tiny.expected("picture.\(name).steps").values
        // Ten guided steps amplify an error of the U-Net less than fourfold (measured with diffusers).
        let last = Array(steps.suffix(result.latents.values.count))
        #expect(relativeRMS(result.latents.values, last) < 4 * Self.tolerance)
        let pixels = result.images.flatMap(\.pixels)
        #expect(psnr(pixels, try tiny.expected("picture.\(name).images").values) > 50)
    }

    /// As users run it, maps wait as int16, with errors of up to 1.5e-5 of a pixel's largest number.
    @Test func integersInWaiting() throws {
        let pipeline = try TinyPipeline().pipeline
        let states = try pipeline.textEncoder(tiny.cases.texts.prefix(2).map { pipeline.tokenizer.encode($0).ids })
        for size in tiny.cases.sizes {
            let name = "unet.\(size[0])x\(size[1])"
            let latents = try tiny.latents("\(name).latents")
            let found = try pipeline.unet(latents, timestep: 500, encoderHiddenStates: states)
            #expect(relativeRMS(found.values, try tiny.expected("\(name).t500").values) < 2e-4, "\(name)")
        }
        for size in tiny.cases.sizes.dropLast() {
            let name = "vae.\(size[0])x\(size[1])"
            let latents = try tiny.latents("\(name).latents") * pipeline.vae.scalingFactor
            let image = Latents(channelsLast: try pipeline.vae.decode(scaled: latents))
            #expect(relativeRMS(image.values, try tiny.expected("\(name).image").values) < 1e-3, "\(name)")
        }
        for (name, picture) in tiny.cases.pictures {
            let pixels = try pipeline.generate(tiny.options(picture)).images.flatMap(\.pixels)
            #expect(psnr(pixels, try tiny.expected("picture.\(name).images").values) > 50, "\(name)")
        }
    }

    /// The caller's own loop, with the latents after each of its steps.
    @Test(arguments: ["pndm", "ddim", "lms"])
    func steps(_ name: String) throws {
        let picture = try #require(tiny.cases.pictures[name])
        var scheduler = try pipeline.model.scheduler(SchedulerKind(named: picture.scheduler))
        try scheduler.setTimesteps(tiny.cases.steps)
        let states = try tiny.hiddenStates(["", tiny.cases.prompt])
        var generator = NoiseGenerator(seed: picture.seed)
        let start = try tiny.latents("picture.\(name).start")
        #expect(try Latents.randn(shape: start.shape, using: &generator) == start, "bit by bit")
        let trace = try tiny.expected("picture.\(name).steps").values

        var latents = start * scheduler.initNoiseSigma
        #expect(scheduler.timesteps.count == trace.count / latents.values.count)
        for (step, timestep) in scheduler.timesteps.enumerated() {
            let input = try scheduler.scaleModelInput(latents.repeated(2), timestep: timestep)
            let noise = try pipeline.unet(input, timestep: timestep, encoderHiddenStates: states)
            latents = try scheduler.step(noise.guided(scale: 7.5), timestep: timestep, sample: latents)
            let expected = Array(trace[step * latents.values.count..<(step + 1) * latents.values.count])
            #expect(relativeRMS(latents.values, expected) < 4 * Self.tolerance, "step \(step)")
        }
    }

    /// 8-bit weights differ by about 1 % each. The limits are twice what was seen.
    @Test func int8Weights() throws {
        let tiny = try TinyPipeline(.int8)
        let embeddings = try tiny.hiddenStates(tiny.cases.texts).values
        #expect(relativeRMS(embeddings, try tiny.expected("text.embeddings").values) < 0.013)

        let states = try tiny.hiddenStates(Array(tiny.cases.texts.prefix(2)))
        let noise = try tiny.pipeline.unet(
            tiny.latents("unet.9x13.latents"), timestep: 500, encoderHiddenStates: states)
        #expect(relativeRMS(noise.values, try tiny.expected("unet.9x13.t500").values) < 0.06)

        let latents = try tiny.latents("vae.9x13.latents") * tiny.pipeline.vae.scalingFactor
        let image = Latents(channelsLast: try tiny.pipeline.vae.decode(scaled: latents))
        #expect(relativeRMS(image.values, try tiny.expected("vae.9x13.image").values) < 0.024)
    }
}
