import Foundation
import Testing

@testable import SDLite

struct LatentsTests {
    /// Two images of two channels, 1…8 and 9…16.
    private let batch = Result { try Latents(shape: [2, 2, 2, 2], values: (1...16).map(Float.init)) }

    @Test func arithmeticIsThatOfEachNumber() throws {
        let a = try Latents(shape: [1, 1, 1, 3], values: [1, -2, 0.1])
        let b = try Latents(shape: [1, 1, 1, 3], values: [4, 3, 0.7])
        #expect((a * 3).values == [3, -6, Float(0.1) * 3])
        #expect(3 * a == a * 3)
        #expect((a / 3).values == [1.0 / 3, -2.0 / 3, Float(0.1) / 3])
        #expect(try (a + b).values == [5, 1, Float(0.1) + 0.7])
        #expect(try (a - b).values == [-3, -5, Float(0.1) - 0.7])
        #expect(a.shape == [1, 1, 1, 3])
    }

    @Test func differentShapesDoNotGoTogether() throws {
        let (wide, high) = try (
            Latents(shape: [1, 1, 1, 2], values: [1, 2]), Latents(shape: [1, 1, 2, 1], values: [1, 2])
        )
        let error = LatentsError.differentShapes([1, 1, 1, 2], [1, 1, 2, 1])
        #expect(throws: error) { try wide + high }
        #expect(throws: error) { try wide - high }
        #expect(throws: error) { try Latents.concatenated([wide, high]) }
        #expect("\(error)" == "latents of shape [1, 1, 1, 2] do not go with latents of shape [1, 1, 2, 1]")
        #expect(error.localizedDescription == "\(error)")
    }

    @Test func batchesAreTakenApartAndPutTogether() throws {
        let batch = try batch.get()
        #expect(try batch[1].shape == [1, 2, 2, 2])
        #expect(try batch[1].values == (9...16).map(Float.init))
        #expect(try batch.chunked(2) == [batch[0], batch[1]])
        #expect(try batch.chunked(1) == [batch])
        #expect(try Latents.concatenated([batch[0], batch[1]]) == batch)
        let three = try Latents.concatenated([batch[1], batch])
        #expect(three.shape == [3, 2, 2, 2])
        #expect(three.values == (9...16).map(Float.init) + batch.values)
        #expect(try batch.repeated(2) == Latents.concatenated([batch, batch]))
        #expect(try batch.repeated(1) == batch)
    }

    @Test(arguments: [-1, 2, .min, .max])
    func imagesThatAreNotThereAreRefused(image: Int) throws {
        #expect(throws: LatentsError.noImage(image, count: 2)) { try batch.get()[image] }
    }

    @Test(arguments: [-1, 0, 3, 4, .min, .max])
    func unequalPartsAreRefused(parts: Int) throws {
        #expect(throws: LatentsError.notDivisible(images: 2, parts: parts)) { try batch.get().chunked(parts) }
    }

    /// The last of them would have more than 2²⁸ numbers.
    @Test(arguments: [-1, 0, .min, .max, 1 << 24 + 1])
    func senselessCopiesAreRefused(copies: Int) throws {
        #expect(throws: LatentsError.badCopies(copies, shape: [2, 2, 2, 2])) { try batch.get().repeated(copies) }
    }

    @Test func nothingCannotBeConcatenated() {
        #expect(throws: LatentsError.nothingToConcatenate) { try Latents.concatenated([]) }
    }

    @Test(arguments: [
        [], [4, 8, 8], [1, 1, 1, 1, 1], [0, 4, 8, 8], [1, 4, 8, 0], [-1, -1, 1, 1], [1, 4, .min, 1],
    ])
    func shapesThatAreNoneAreRefused(shape: [Int]) {
        #expect(throws: LatentsError.badShape(shape)) { try Latents(shape: shape, values: [0]) }
        var generator = NoiseGenerator(seed: 0)
        #expect(throws: LatentsError.badShape(shape)) { try Latents.randn(shape: shape, using: &generator) }
    }

    @Test(arguments: [[1, 4, 8192, 8193], [.max, 1, 1, 1], [1 << 32, 1 << 32, 1, 1], [.max, .max, .max, .max]])
    func shapesThatAreTooLargeAreRefused(shape: [Int]) {
        #expect(throws: LatentsError.tooLarge(shape: shape, most: 1 << 28)) { try Latents(shape: shape, values: [0]) }
        var generator = NoiseGenerator(seed: 0)
        #expect(throws: LatentsError.self) { try Latents.randn(shape: shape, using: &generator) }
    }

    @Test func shapeAndValuesMustFit() {
        #expect(throws: LatentsError.wrongCount(shape: [1, 4, 8, 8], values: 255)) {
            try Latents(shape: [1, 4, 8, 8], values: [Float](repeating: 0, count: 255))
        }
    }

    /// As `guidance_scale` in diffusers' pipeline: unconditional first.
    @Test func guidanceLeadsAwayFromTheUnconditional() throws {
        let batch = try batch.get()
        let parts = try batch.chunked(2)
        #expect(try batch.guided(scale: 7.5) == parts[0] + 7.5 * (parts[1] - parts[0]))
        #expect(try batch.guided(scale: 0) == parts[0])
        #expect(throws: LatentsError.notDivisible(images: 1, parts: 2)) { try parts[0].guided(scale: 7.5) }
    }

    /// `rescale_noise_cfg` by hand, each image for itself: conditional deviations of √2, guided ones of 4√2 and 8√2.
    @Test func rescalingBringsTheDeviationBack() throws {
        let batch = try Latents(shape: [4, 1, 1, 2], values: [0, 0, 0, 8, 2, 4, 3, 5])
        #expect(try batch.guided(scale: 4).values == [8, 16, 12, -4])
        #expect(try batch.guided(scale: 4, rescale: 0).values == [8, 16, 12, -4])
        #expect(try batch.guided(scale: 4, rescale: 1).values == [2, 4, 1.5, -0.5])
        #expect(try batch.guided(scale: 4, rescale: 0.5).values == [5, 10, 6.75, -2.25])
    }

    /// One call for the whole batch, as `torch.randn` of a batch, and the stream goes on.
    @Test func noiseIsDrawnForAllImagesAtOnce() throws {
        var (generator, plain) = (NoiseGenerator(seed: 7), NoiseGenerator(seed: 7))
        let noise = try Latents.randn(shape: [2, 4, 3, 5], using: &generator)
        #expect(try noise == Latents(shape: [2, 4, 3, 5], values: plain.normal(120)))
        #expect(try generator.randn(shape: [1, 1, 3, 1]).values == plain.normal(3))
    }

    @Test func descriptionIsOneShortLine() throws {
        #expect(
            try "\(batch.get())" == "Latents [2, 2, 2, 2], mean 8.5, standard deviation 4.61: 1.0, 2.0, 3.0, …")
        let odd = try Latents(shape: [1, 1, 1, 2], values: [.nan, .infinity])
        #expect("\(odd)" == "Latents [1, 1, 1, 2], mean nan, standard deviation nan: nan, inf")
    }
}
