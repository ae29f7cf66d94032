import TestFiles
import Testing

@testable import Kernels

/// Maps that are stored, joined, normalised and computed in stripes.
@Suite struct FeatureMapTests {
    private func random(_ shape: [Int], seed: UInt64) -> Tensor {
        var numbers = SeededGenerator(seed: seed)
        return Tensor(shape, values: numbers.array(shape.reduce(1, *)))
    }

    @Test func stripesCoverTheMapInOrder() {
        for (batch, height, mostRows) in [(1, 1, 4), (2, 8, 16), (2, 9, 24), (3, 8, 12), (1, 70, 12), (2, 21, 8)] {
            let map = FeatureMap(Tensor([batch, height, 1, 8]))
            let rows = Stripe.all(of: map, mostRows: mostRows).flatMap { stripe in
                #expect(stripe.rows.lowerBound % Stripe.unit == 0)
                #expect(stripe.images.count * Stripe.wholeUnits(stripe.rows.count) <= mostRows)
                return stripe.images.flatMap { image in stripe.rows.map { image * height + $0 } }
            }
            #expect(rows == Array(0..<batch * height), "\(batch)×\(height) in stripes of \(mostRows)")
        }
    }

    @Test(arguments: KernelTable.available.map(\.name))
    func waitingIntegers(_ name: String) throws {
        let kernels = try #require(KernelTable.available.first { $0.name == name })
        let x = random([2, 3, 5, 24], seed: 1)
        let kept = try Compute(kernels: kernels).stored(FeatureMap(x), as: .int16).values
        for row in 0..<30 {
            let pixel = x.values[row * 24..<row * 24 + 24]
            let largest = pixel.map(abs).max() ?? 0
            // Half a unit of 32767, and the rounding of the scale and of the product.
            #expect(zip(kept[row * 24..<row * 24 + 24], pixel).allSatisfy { abs($0 - $1) < largest * 1.6e-5 })
        }
    }

    @Test(arguments: [Tensor.Element.float32, .int16])
    func continuedInALine(_ element: Tensor.Element) throws {
        let compute = try Compute(threads: 3)
        let maps = try [random([1, 9, 11, 24], seed: 1), random([1, 9, 11, 24], seed: 2)].map {
            try compute.stored(FeatureMap($0), as: element)
        }
        for share in [Float(0), 0.5, -0.25, 1] {
            let found = try compute.continued(from: maps[0], through: maps[1], by: share).values
            for (x, (a, b)) in zip(found, zip(maps[0].values, maps[1].values)) {
                // The rounding of a few operations on numbers of at most 3.
                #expect(abs(Double(x) - (Double(b) + Double(share) * (Double(b) - Double(a)))) < 1e-6)
            }
        }
    }

    @Test func lastImage() {
        let x = random([3, 2, 5, 8], seed: 1)
        #expect(x.lastImage.shape == [1, 2, 5, 8] && x.lastImage.values == Array(x.values.suffix(80)))
    }

    @Test func joinedTensorsAndSharedImages() throws {
        let compute = try Compute(threads: 2)
        let (a, b) = (random([2, 5, 3, 8], seed: 1), random([1, 5, 3, 16], seed: 2))
        let integers = try compute.stored(FeatureMap(b), as: .int16)
        let joined = try compute.stored(FeatureMap(joining: [a, integers])).values
        for row in 0..<30 {
            #expect(joined[row * 24..<row * 24 + 8] == a.values[row * 8..<row * 8 + 8])
            #expect(joined[row * 24 + 8..<row * 24 + 24] == integers.values[row % 15 * 16..<row % 15 * 16 + 16])
        }
    }

    /// A block of the autoencoder, with everything stored and with everything computed anew, in stripes of several
    /// heights: the same bits.
    @Test(arguments: [WeightMatrix.Storage.float16, .int8(block: 16)])
    func stripesAndRecomputingChangeNothing(_ storage: WeightMatrix.Storage) throws {
        let (height, width) = (22, 20)
        let first = PackedMatrix(outputs: 16, inputs: 32, taps: 9, storage: storage, seed: 1)
        let second = PackedMatrix(outputs: 16, inputs: 16, taps: 9, storage: storage, seed: 2)
        let shortcut = PackedMatrix(outputs: 16, inputs: 32, taps: 1, storage: storage, seed: 3)
        let doubling = PackedMatrix(outputs: 32, inputs: 32, taps: 9, storage: storage, seed: 4)
        let start = random([2, height, width, 32], seed: 5)
        func result(_ workingSet: WorkingSet, threads: Int) throws -> [Float] {
            let compute = try Compute(threads: threads)
            var run = Run()
            run.workingSet = workingSet
            return try compute.during(run) { try result(compute) }
        }
        func result(_ compute: Compute) throws -> [Float] {
            func norm(_ x: FeatureMap) throws -> FeatureMap {
                try compute.groupNorm(
                    x, weight: random([x.channels], seed: 6), bias: random([x.channels], seed: 7), groups: 4,
                    epsilon: 1e-5, silu: true)
            }
            let x = try compute.storedIfSmall(
                compute.convolution(
                    FeatureMap(start), doubling.matrix, .same3x3, upsampledTo: (2 * height, 2 * width)))
            let h = try compute.stored(compute.convolution(norm(x), first.matrix, .same3x3), as: .int16)
            let y = try compute.stored(
                compute.convolution(norm(FeatureMap(h)), second.matrix, .same3x3),
                adding: compute.convolution(x, shortcut.matrix, .pointwise), into: h)
            let middle = try compute.storedIfSmall(compute.convolution(norm(FeatureMap(y)), second.matrix, .same3x3))
            return try compute.stored(
                compute.convolution(norm(middle), second.matrix, .same3x3), adding: FeatureMap(y), into: y
            ).values
        }
        let expected = try result(WorkingSet(), threads: 1)
        for tiles in [1, 30, 512] {
            for threads in [1, 3] {
                var workingSet = WorkingSet()
                workingSet.winogradTiles = tiles
                workingSet.stripePixels = tiles * 16
                for largest in [Int.max, 150_000, 0] {
                    workingSet.largestStoredMap = largest
                    let found = try result(workingSet, threads: threads)
                    let isEqual = found == expected  // outside, or it prints every value
                    #expect(isEqual, "\(tiles) tiles, \(threads) threads, maps up to \(largest) bytes stored")
                }
            }
        }
    }

    /// A bias of every image's own gives what the images give one by one, stripe by stripe.
    @Test(
        arguments: [WeightMatrix.Storage.float16, .int8(block: 16)],
        [ConvolutionShape.same3x3, .halving3x3, .pointwise])
    func biasOfEveryImage(_ storage: WeightMatrix.Storage, _ shape: ConvolutionShape) throws {
        let compute = try Compute(threads: 2)
        let packed = PackedMatrix(
            outputs: 32, inputs: 16, taps: shape.kernel * shape.kernel, storage: storage, seed: 1)
        let images = (0..<3).map { random([1, 14, 10, 16], seed: 10 + $0) }
        let biases = (0..<3).map { random([32], seed: 20 + $0) }
        let batch = Tensor([3, 14, 10, 16], values: images.flatMap(\.values))
        let bias = Tensor([3, 32], values: biases.flatMap(\.values))
        let expected = try zip(images, biases).flatMap { image, bias in
            try compute.stored(compute.convolution(FeatureMap(image), packed.matrix, bias: bias, shape)).values
        }
        for tiles in [1, 512] {
            var run = Run()
            (run.workingSet.winogradTiles, run.workingSet.stripePixels) = (tiles, 16 * tiles)
            let found = try compute.during(run) {
                try compute.stored(compute.convolution(FeatureMap(batch), packed.matrix, bias: bias, shape)).values
            }
            let isEqual = found == expected  // outside, or it prints every value
            #expect(isEqual, "\(tiles) tiles")
        }
    }

    @Test func planningTakesTheSameMemory() throws {
        let packed = PackedMatrix(outputs: 48, inputs: 32, taps: 9, storage: .int8(block: 16), seed: 1)
        let compute = try Compute(threads: 2)
        func peak() throws -> Int {
            let x = FeatureMap(random([1, 64, 64, 32], seed: 9))
            let norm = try compute.groupNorm(
                x, weight: Tensor([32], repeating: 1), bias: Tensor([32], repeating: 0), groups: 4, epsilon: 1e-5)
            let y = try compute.stored(compute.convolution(norm, packed.matrix, .same3x3))
            #expect(y.values.contains { $0 != 0 } != Run.current.isPlanning)
            return compute.peakActivationBytes
        }
        let planned = try compute.planning(Run(), peak)
        #expect(try peak() == planned && planned > 64 * 64 * 48 * 4)
    }
}
