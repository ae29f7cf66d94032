import TestFiles
import Testing

@testable import Kernels

@Suite struct GatedLinearTests {
    /// Hidden and gate are as exact as in the tests of linear layers, 1e-6 in float32 and 3e-5 with int16 activations;
    /// gelu's slope is at most 1.13, so their product errs by at most twice as much and a little.
    @Test(arguments: computes + mixedComputes)
    func gatedLinear(_ compute: Compute) throws {
        for (rows, inputs, width) in [(1, 16, 16), (7, 48, 48), (13, 528, 24), (200, 64, 160), (391, 32, 304)] {
            for storage in [.float16, .int8(block: 32)] as [WeightMatrix.Storage] {
                var numbers = SeededGenerator(seed: UInt64(rows))
                let packed = PackedMatrix(outputs: 2 * width, inputs: inputs, taps: 1, storage: storage, seed: 2)
                let x = Tensor([rows, inputs], values: numbers.array(rows * inputs))
                let bias = Tensor([2 * width], values: numbers.array(2 * width))
                let products = Reference.linear(
                    x.values, rows: rows, weights: packed.values.map { $0.map { $0[0] } }, bias: bias.values)
                let expected = (0..<rows * width).map { i in
                    let (row, column) = i.quotientAndRemainder(dividingBy: width)
                    let gate = products[row * 2 * width + width + column]
                    return products[row * 2 * width + column] * gate / 2 * (1 + errorFunction(gate / 2.0.squareRoot()))
                }
                let y = try compute.gatedLinear(x, packed.matrix, bias: bias)
                #expect(y.shape == [rows, width])
                let tolerance = compute.arithmetic == .mixed ? 7e-5 : 2.5e-6
                #expect(relativeRMS(y.values, expected) < tolerance, "\(rows)×\(inputs)→\(width), \(storage)")
            }
        }
    }
}
