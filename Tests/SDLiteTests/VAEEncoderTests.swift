import Kernels
import Quant
import Synchronization
import TestFiles
import Testing

@testable import SDLite

/// The autoencoder's encoder beside diffusers' in float32 (Tests/Fixtures/make_vae.py), on the tiny model.
@Suite struct VAEEncoderTests {
    /// Sums in another order differ by some 1e-6; every parameter of the encoder but the key bias of its attention moves
    /// means and logarithms by more than 1e-2 when it is left out.
    static let tolerance = 1e-4

    private let expected: SafetensorsFile

    init() throws { expected = try SafetensorsFile(path: Fixtures.path("vae/encoded.safetensors")) }

    private func vae(_ weights: TinyModel.Weights = .fp16, _ arithmetic: Arithmetic = .mixed) throws -> VAE {
        try Model(path: TinyModel.path(weights)).vae(on: Compute(threads: 2, arithmetic: arithmetic))
    }

    private func latents(_ name: String) throws -> Latents {
        let entry = try #require(expected.entries[name], "encoded.safetensors has no \(name)")
        return try Latents(shape: entry.shape, values: expected.floats(entry, 0..<entry.shape.reduce(1, *)))
    }

    private func images(_ name: String) throws -> [Image] {
        let all = try latents("\(name).pixels")
        return try (0..<all.shape[0]).map {
            try Image(width: all.shape[2], height: all.shape[1], pixels: all[$0].values.map { UInt8($0) })
        }
    }

    private func compare(_ found: DiagonalGaussianDistribution, _ name: String, _ tolerance: Double) throws {
        #expect(try found.mean.shape == latents("\(name).mean").shape && found.logVariance.shape == found.mean.shape)
        for (part, values) in [
            ("mean", found.mean), ("logvar", found.logVariance), ("std", found.standardDeviation),
        ] {
            #expect(try relativeRMS(values.values, latents("\(name).\(part)").values) < tolerance, "\(name).\(part)")
        }
        var generator = NoiseGenerator(seed: 7)
        let sample = try found.sample(using: &generator)
        #expect(try relativeRMS(sample.values, latents("\(name).sample").values) < tolerance, "\(name).sample")
        #expect(try generator.randn(shape: found.mean.shape) == latents("\(name).next"), "one draw, then the next")
        #expect(found.mode == found.mean)
    }

    @Test(arguments: ["one", "wide", "two"])
    func equalsDiffusers(_ name: String) throws {
        try compare(vae(.fp16, .float32).encode(images(name)), name, Self.tolerance)
    }

    /// As users run it: maps are kept as int16, with errors of up to 1.5e-5 of a pixel's largest number; and int8 weights
    /// differ by about 1 % each. The limits are about twice what was seen.
    @Test(arguments: ["one", "wide", "two"])
    func roundedMapsAndWeights(_ name: String) throws {
        try compare(vae().encode(images(name)), name, 3e-4)
        try compare(vae(.int8).encode(images(name)), name, 0.05)
    }

    @Test func logarithmsAreClamped() throws {
        try compare(DiagonalGaussianDistribution(moments: latents("clamped.moments")), "clamped", 1e-6)
    }

    @Test func picturesAreEncodedByThemselves() throws {
        let (vae, two) = (try vae(), try images("two"))
        let both = try vae.encode(two)
        for (i, image) in two.enumerated() {
            let one = try vae.encode(image)
            #expect(try one.mean == both.mean[i] && one.logVariance == both.logVariance[i])
            #expect(try vae.encode(image.normalized()) == one)
        }
        let numbers = two.flatMap { $0.normalized().values }
        #expect(try vae.encode(Tensor(shape: [2, 24, 32, 3], values: numbers)) == both)
    }

    @Test func scaledLatentsAreWhatDecodingTakes() throws {
        let (vae, image) = (try vae(), try images("one"))
        var (one, other) = (NoiseGenerator(seed: 7), NoiseGenerator(seed: 7))
        let scaled = try vae.scaledLatents(of: image, using: &one)
        #expect(try scaled == vae.encode(image).sample(using: &other) * vae.scalingFactor)
        #expect(try vae.decode(scaled: scaled).shape == [1, 64, 64, 3])
    }

    /// A trained autoencoder: the drawing comes back. diffusers' own reconstruction has 30 dB, and ours differs from it
    /// by the rounding of weights to 8 bits, about 1 % of the latents' and the pixels' size.
    @Test func aPictureSurvivesBothWays() throws {
        let picture = try Image(contentsOf: Fixtures.path("vae/picture.png"))
        let reconstruction = try Image(contentsOf: Fixtures.path("vae/reconstruction.png"))
        let vae = try Model(path: BundledModel.path()).vae()
        let found = try Image(vae.decode(unscaled: vae.encode(picture).mode))
        #expect((found.width, found.height) == (picture.width, picture.height))
        #expect(psnr(found.pixels, picture.pixels.map(Float.init)) > 25)
        #expect(psnr(found.pixels, reconstruction.pixels.map(Float.init)) > 36)
    }

    // What it takes

    /// The same bits under every plan, and activations as planned, to the byte.
    @Test func plansChangeNothingButMemory() throws {
        let vae = try Model(path: BundledModel.path()).vae(on: Compute(threads: 2))
        let images = [try Image(contentsOf: Fixtures.path("vae/picture.png"))]
        func plan(_ limit: Int?) throws -> MemoryPlan {
            try vae.chooseEncodingPlan(width: 128, height: 96, memoryLimit: limit, base: 0)
        }
        let free = try plan(nil)
        #expect(!free.dropsWeights && free.workingSet == WorkingSet())
        #expect(free.stages.map(\.stage) == [.encodingPictures])
        let expected = try vae.encode(images)
        #expect(vae.compute.peakActivationBytes == free.stages[0].activations)
        var limit = free.peak
        var peaks: Set<Int> = []
        while let plan = try? plan(limit - 1) {
            #expect(try vae.compute.during(plan.run) { try vae.encode(images) } == expected)
            #expect(vae.compute.peakActivationBytes == plan.stages[0].activations)
            limit = plan.peak
            peaks.insert(limit)
        }
        #expect(peaks.count > 1)
        #expect(throws: ModelError.self) { try vae.planEncoding(width: 128, height: 96, memoryLimit: 1 << 20) }
        #expect(throws: ModelError.self) { try vae.encode(images, memoryLimit: 1 << 20) }
    }

    /// Told to stop when half of the work is done, it does, and gives back what it took.
    @Test func stopsInTheMiddle() throws {
        final class Questions: Sendable { let count = Atomic(0) }
        let (vae, images) = (try vae(), try images("one"))
        func encode(until last: Int) throws -> Int {
            let questions = Questions()
            var run = Run.current
            run.isCancelled = { questions.count.wrappingAdd(1, ordering: .relaxed).newValue > last }
            _ = try vae.compute.during(run) { try vae.encode(images) }
            return questions.count.load(ordering: .relaxed)
        }
        let all = try encode(until: .max)
        #expect(all > 20)
        #expect(throws: CancellationError.self) { try encode(until: all / 2) }
        vae.compute.endStage()
        #expect(vae.compute.peakActivationBytes == 0)
    }

    @Test func aCancelledTaskEncodesNothing() async throws {
        let (vae, images) = (try vae(), try images("one"))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try vae.encode(images, memoryLimit: nil)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try vae.encode(images, memoryLimit: nil).mean.shape == [1, 4, 8, 8])
    }

    // What is wrong

    @Test func whatCannotBeEncodedIsSaid() throws {
        let vae = try vae()
        func message(_ work: () throws -> Void) -> String {
            do { try work() } catch { return "\(error)" }
            return "nothing is wrong"
        }
        func image(_ width: Int, _ height: Int) throws -> Image {
            try Image(width: width, height: height, pixels: [UInt8](repeating: 7, count: 3 * width * height))
        }
        #expect(
            message { _ = try vae.encode(image(20, 13)) }
                == "a picture of 20×13 cannot be encoded: width and height must be multiples of 8; resize it to 16×8 first"
        )
        #expect(message { _ = try vae.encode(image(5, 16)) }.hasSuffix("resize it to 8×16 first"))
        #expect(message { _ = try vae.encode([]) } == "there is no picture to encode")
        #expect(
            message { _ = try vae.encode([image(8, 8), image(16, 8)]) }
                == "pictures that are encoded together have one size, not 8×8 and 16×8")
        for (width, height) in [(0, 8), (-8, 8), (.max, 8), (1 << 40, 1 << 40), (8192, 8192), (12, 8)] {
            #expect(throws: ModelError.self) { try vae.planEncoding(width: width, height: height, memoryLimit: nil) }
        }
        for shape in [[1, 8, 8], [1, 8, 8, 4], [8, 8, 3], [1, 1, 8, 8, 3], [1, 8, 12, 3]] {
            #expect(throws: ModelError.self) { try vae.encode(Tensor(shape, repeating: 0)) }
        }
        for value in [Float.nan, .infinity, -.infinity] {
            let pixels = try Tensor(shape: [1, 8, 8, 3], values: [value] + [Float](repeating: 0, count: 191))
            #expect(throws: ModelError.self) { try vae.encode(pixels) }
        }
    }

    @Test func damagedWeightsAreNamed() throws {
        let folder = try TemporaryFolder()
        let layer = "vae.encoder.down_blocks.1.resnets.0.conv2"
        let vae = try Model(path: TinyPipeline.damagedModel(layer, in: folder)).vae()
        let error = #expect(throws: ComputeError.self) { try vae.encode(images("one")) }
        #expect(error == .notFinite(layer: layer + ".weight"))
    }
}
