import TestFiles
import Testing

@testable import Kernels

/// Maps whose negative numbers become 0 when they are read.
@Suite struct RectifiedMapTests {
    private func random(_ shape: [Int], seed: UInt64) -> Tensor {
        var numbers = SeededGenerator(seed: seed)
        return Tensor(shape, values: numbers.array(shape.reduce(1, *)))
    }

    @Test(arguments: computes) func negativeNumbersBecomeZero(_ compute: Compute) throws {
        let x = random([2, 3, 5, 24], seed: 1)
        (x.pointer[3], x.pointer[4], x.pointer[5]) = (.nan, .infinity, -.infinity)
        let found = try compute.stored(FeatureMap(x).rectified()).values
        #expect(zip(found, x.values).allSatisfy { $0 == max($1, 0) || $0.isNaN && $1.isNaN })
        #expect(found[3].isNaN && found[4] == .infinity && found[5] == 0 && found.contains(0))
        #expect(x.values[5] == -.infinity, "the map itself stays")
    }

    /// Three convolutions around a shortcut, none of whose maps between are stored, in stripes of several heights: the
    /// same bits as step by step.
    @Test(arguments: [WeightMatrix.Storage.float16, .int8(block: 16)], [Tensor.Element.float32, .int16])
    func chainsInStripes(_ storage: WeightMatrix.Storage, _ element: Tensor.Element) throws {
        let layers = (1...3).map { PackedMatrix(outputs: 16, inputs: 16, taps: 9, storage: storage, seed: $0) }
        let bias = random([16], seed: 4)
        let start = random([2, 22, 20, 16], seed: 5)
        func chain(_ compute: Compute, stored: Bool) throws -> [Float] {
            let x = FeatureMap(try compute.stored(FeatureMap(start), as: element)).rectified()
            var map = x
            for (i, layer) in layers.enumerated() {
                if i > 0 { map = map.rectified() }
                map = compute.convolution(map, layer.matrix, bias: bias, .same3x3)
                if stored, i < 2 { map = FeatureMap(try compute.stored(map)) }
            }
            return try compute.stored(map, adding: x).values
        }
        let expected = try chain(Compute(threads: 1), stored: true)
        for (tiles, threads) in [(512, 2), (24, 3), (8, 1)] {
            var run = Run()
            (run.workingSet.winogradTiles, run.workingSet.stripePixels) = (tiles, 16 * tiles)
            let compute = try Compute(threads: threads)
            #expect(try compute.during(run) { try chain(compute, stored: false) } == expected, "\(tiles) tiles")
        }
    }
}
