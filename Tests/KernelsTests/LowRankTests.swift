import TestFiles
import Testing

@testable import Kernels

/// Two low-rank products beside a layer's own, compared with plain loops over the sum of all three.
@Suite struct LowRankTests {
    private struct Layer {
        let packed: PackedMatrix
        let lowRanks: [LowRank]
        /// `[output][input][tap]`
        let weights: [[[Float]]]

        init(outputs: Int, inputs: Int, taps: Int, _ storage: WeightMatrix.Storage) {
            packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: taps, storage: storage, seed: 1)
            var weights = packed.values
            var lowRanks: [LowRank] = []
            for (rank, scale) in [(4, Float(0.25)), (20, -0.125)] {
                let down = PackedMatrix(outputs: rank, inputs: inputs, taps: taps, storage: .float16, seed: 2)
                let up = PackedMatrix(outputs: outputs, inputs: rank, taps: 1, storage: .float16, seed: 3)
                lowRanks.append(LowRank(down: down.matrix, up: up.matrix, scale: scale))
                for n in 0..<outputs {
                    for c in 0..<inputs {
                        for t in 0..<taps {
                            for r in 0..<rank { weights[n][c][t] += scale * up.values[n][r][0] * down.values[r][c][t] }
                        }
                    }
                }
            }
            (self.lowRanks, self.weights) = (lowRanks, weights)
        }

        var added: [String: [LowRank]] { [packed.matrix.name: lowRanks] }
        var matrix: [[Float]] { weights.map { $0.map { $0[0] } } }
    }

    private static let storages: [WeightMatrix.Storage] = [.float16, .int8(block: 32)]

    /// As in the tests of products without: 1e-6 in float32, 3e-5 with int16 activations. The sum of the weights was
    /// rounded here too.
    private func tolerance(_ compute: Compute) -> Double { compute.arithmetic == .mixed ? 7e-5 : 2e-6 }

    @Test(arguments: computes + mixedComputes)
    func linear(_ compute: Compute) throws {
        for (rows, inputs, outputs) in [(1, 32, 16), (7, 48, 40), (391, 64, 112)] {
            for storage in Self.storages {
                let layer = Layer(outputs: outputs, inputs: inputs, taps: 1, storage)
                var numbers = SeededGenerator(seed: 9)
                let x = Tensor([rows, inputs], values: numbers.array(rows * inputs))
                let bias = Tensor([outputs], values: numbers.array(outputs))
                let expected = Reference.linear(x.values, rows: rows, weights: layer.matrix, bias: bias.values)
                let sum = Tensor([rows, outputs], values: numbers.array(rows * outputs))
                let expectedSum = zip(expected, sum.values).map { $0 + Double($1) }
                let y = try compute.adding(layer.added) {
                    try compute.linear(x, layer.packed.matrix, bias: bias, addingTo: sum)
                    return try compute.linear(x, layer.packed.matrix, bias: bias)
                }
                #expect(relativeRMS(y.values, expected) < tolerance(compute), "\(rows)×\(inputs)→\(outputs)")
                #expect(relativeRMS(sum.values, expectedSum) < tolerance(compute), "\(rows)×\(inputs)→\(outputs)")
                let without = try compute.linear(x, layer.packed.matrix, bias: bias)
                #expect(relativeRMS(without.values, expected) > 1e-2, "it does add something")
            }
        }
    }

    @Test(arguments: computes + mixedComputes)
    func gatedLinear(_ compute: Compute) throws {
        for (rows, inputs, width) in [(7, 48, 48), (13, 32, 24), (391, 32, 304)] {
            for storage in Self.storages {
                let layer = Layer(outputs: 2 * width, inputs: inputs, taps: 1, storage)
                var numbers = SeededGenerator(seed: 9)
                let x = Tensor([rows, inputs], values: numbers.array(rows * inputs))
                let bias = Tensor([2 * width], values: numbers.array(2 * width))
                let products = Reference.linear(x.values, rows: rows, weights: layer.matrix, bias: bias.values)
                let expected = (0..<rows * width).map { i in
                    let (row, column) = i.quotientAndRemainder(dividingBy: width)
                    let gate = products[row * 2 * width + width + column]
                    return products[row * 2 * width + column] * gate / 2 * (1 + errorFunction(gate / 2.0.squareRoot()))
                }
                let y = try compute.adding(layer.added) {
                    try compute.gatedLinear(x, layer.packed.matrix, bias: bias)
                }
                #expect(relativeRMS(y.values, expected) < 2 * tolerance(compute), "\(rows)×\(inputs)→\(width)")
            }
        }
    }

    /// Plain and enlarged, halving, and pointwise: by Winograd's algorithm, in integers and in floats.
    @Test(arguments: computes + mixedComputes)
    func convolution(_ compute: Compute) throws {
        for (geometry, scale) in [
            (ConvolutionShape.same3x3, 1), (.same3x3, 2), (.halving3x3, 1), (.pointwise, 1),
        ] {
            for storage in Self.storages {
                let layer = Layer(outputs: 32, inputs: 32, taps: geometry.kernel * geometry.kernel, storage)
                var numbers = SeededGenerator(seed: 9)
                let x = Tensor([2, 9, 11, 32], values: numbers.array(2 * 9 * 11 * 32))
                let bias = Tensor([32], values: numbers.array(32))
                let size = (height: 9 * scale, width: 11 * scale)
                let expected = Reference.convolution(
                    x, weights: layer.weights, bias: bias.values, geometry, upsampledTo: size)
                let y = try compute.adding(layer.added) {
                    try compute.stored(
                        compute.convolution(
                            FeatureMap(x), layer.packed.matrix, bias: bias, geometry,
                            upsampledTo: scale == 1 ? nil : size))
                }
                let isWinograd = compute.arithmetic == .mixed && geometry == .same3x3
                #expect(
                    relativeRMS(y.values, expected) < (isWinograd ? 5e-4 : tolerance(compute)),
                    "\(geometry), ×\(scale), \(storage)")
            }
        }
    }

    /// The same bits on any number of threads.
    @Test func threads() throws {
        let layer = Layer(outputs: 112, inputs: 64, taps: 1, .int8(block: 32))
        var numbers = SeededGenerator(seed: 9)
        let x = Tensor([391, 64], values: numbers.array(391 * 64))
        let results = try mixedComputes.prefix(2).map { compute in
            try compute.adding(layer.added) { try compute.linear(x, layer.packed.matrix).values }
        }
        #expect(results[0] == results[1])
    }
}
