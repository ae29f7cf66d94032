import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// A tiny autoencoder in miniature beside diffusers' in float32 (Tests/Fixtures/make_tiny_vae.py).
@Suite struct TinyVAETests {
    private let expected: SafetensorsFile

    init() throws { expected = try SafetensorsFile(path: Fixtures.path("tiny_vae/expected.safetensors")) }

    private func vae(_ weights: TinyModel.Weights, _ arithmetic: Arithmetic) throws -> TinyVAE {
        let model = try Model(path: TinyModel.withTinyVAE(weights))
        return try #require(try model.tinyVAE(on: Compute(threads: 2, arithmetic: arithmetic)))
    }

    private func latents(_ name: String) throws -> Latents {
        let entry = try #require(expected.entries[name], "expected.safetensors has no \(name)")
        return try Latents(shape: entry.shape, values: expected.floats(entry, 0..<entry.shape.reduce(1, *)))
    }

    /// Sums in another order differ by 1e-6, maps kept as int16 by some 1e-5 each, and every parameter matters. int8
    /// weights differ by about 1 % each; their limit is about twice what was seen.
    @Test(
        arguments: [
            (TinyModel.Weights.fp16, Arithmetic.float32, 1e-5), (.fp16, .mixed, 3e-4), (.int8, .mixed, 0.05),
        ], ["one", "two"])
    func equalsDiffusers(_ setup: (TinyModel.Weights, Arithmetic, tolerance: Double), _ name: String) throws {
        let vae = try vae(setup.0, setup.1)
        let decoded = try latents("\(name).decoded")
        let found = Latents(channelsLast: try vae.decode(latents("\(name).latents")))
        #expect(found.shape == decoded.shape)
        #expect(relativeRMS(found.values, decoded.values) < setup.tolerance)

        let (pixels, encoded) = (try latents("\(name).pixels"), try latents("\(name).encoded"))
        for i in 0..<pixels.shape[0] {
            let image = try Image(
                width: pixels.shape[2], height: pixels.shape[1], pixels: pixels[i].values.map { UInt8($0) })
            let found = try vae.encode(image)
            #expect(try found.shape == encoded[i].shape)
            #expect(try relativeRMS(found.values, encoded[i].values) < setup.tolerance)
        }
    }

    @Test func itPaints() throws {
        let pipeline = try Pipeline(model: Model(path: TinyModel.withTinyVAE(.int8)), threads: 2)
        var options = GenerationOptions(prompt: "a cat", steps: 2, seed: 7)
        let full = try pipeline.generate(options)
        options.decoder = .taesd
        let tiny = try pipeline.generate(options)
        #expect(tiny.latents == full.latents && tiny.images != full.images)
        #expect(try tiny.images == [Image(#require(pipeline.tinyVAE).decode(full.latents))])
        options.vaeTiling = true
        #expect(throws: ModelError.badOption("vaeTiling is for the full decoder, not for the tiny one")) {
            try pipeline.plan(options)
        }
    }

    @Test func aModelWithoutOneSaysSo() throws {
        let pipeline = try Pipeline(model: Model(path: TinyModel.path(.int8)), threads: 1)
        #expect(pipeline.tinyVAE == nil)
        let error = #expect(throws: ModelError.self) {
            try pipeline.generate(GenerationOptions(prompt: "", steps: 1, decoder: .taesd))
        }
        #expect(error?.description.contains("convert its checkpoint again with --tiny-vae") == true)
    }

    @Test func wrongLatentsAndPicturesAreRefused() throws {
        let vae = try vae(.fp16, .mixed)
        #expect(throws: ModelError.badLatents(found: [1, 3, 2, 2], expected: [1, 4, 64, 64])) {
            try vae.decode(Latents(shape: [1, 3, 2, 2], values: [Float](repeating: 0, count: 12)))
        }
        #expect(throws: ModelError.latentsNotFinite) {
            try vae.decode(Latents(shape: [1, 4, 1, 1], values: [0, .nan, 0, 0]))
        }
        #expect(throws: ModelError.self) {
            try vae.encode(Image(width: 9, height: 8, pixels: [UInt8](repeating: 0, count: 9 * 8 * 3)))
        }
    }

    /// Activations as planned, to the byte, and the same pictures, whatever is decoded and previewed with what.
    @Test(arguments: [(GenerationOptions.Decoder.taesd, nil), (.taesd, 2), (.full, 1)], [true, false])
    func plans(_ setup: (decoder: GenerationOptions.Decoder, previewEvery: Int?), _ hasTinyVAE: Bool) throws {
        if setup.decoder == .taesd && !hasTinyVAE { return }
        let path = try hasTinyVAE ? TinyModel.withTinyVAE(.int8) : TinyModel.path(.int8)
        let pipeline = try Pipeline(model: Model(path: path), threads: 2)
        let options = GenerationOptions(
            prompt: "a cat", steps: 2, seed: 7, decoder: setup.decoder, previewEvery: setup.previewEvery)
        let free = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        let expected = try pipeline.compute.during(free.run) { try pipeline.paint(options) }
        #expect(expected.stages.map(\.activationBytes) == free.stages.map(\.activations))
        let tight = try pipeline.choosePlan(options, memoryLimit: free.peak - 1, base: 0)
        let found = try pipeline.compute.during(tight.run) { try pipeline.paint(options) }
        #expect(found.images == expected.images && tight.dropsWeights)
        #expect(found.stages.map(\.activationBytes) == tight.stages.map(\.activations))
    }
}
