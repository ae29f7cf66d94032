import TestFiles
import Testing

@testable import Kernels

@Suite struct IntegerTests {
    /// An activation is rounded by at most half a 32767th of its row's largest: for values spread evenly over the row,
    /// 1/(2·32767)·√3/√3 = 1.5e-5 of their own root mean square, and the sum of a product keeps that ratio.
    @Test(arguments: mixedComputes)
    func linear(_ compute: Compute) throws {
        for (rows, inputs, outputs, block) in [
            (1, 16, 16, 32), (2, 64, 32, 64), (7, 320, 48, 64), (13, 112, 16, 32), (200, 768, 32, 64),
            (5, 1280, 16, 320),
            (6, 528, 16, 512),
        ] {
            var numbers = SeededGenerator(seed: UInt64(rows))
            let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: 1, storage: .int8(block: block), seed: 2)
            let x = Tensor([rows, inputs], values: numbers.array(rows * inputs))
            let bias = Tensor([outputs], values: numbers.array(outputs))
            let expected = Reference.linear(
                x.values, rows: rows, weights: packed.values.map { $0.map { $0[0] } }, bias: bias.values)
            let y = try compute.linear(x, packed.matrix, bias: bias)
            #expect(relativeRMS(y.values, expected) < 3e-5, "\(rows)×\(inputs)→\(outputs)")
            try compute.linear(x, packed.matrix, bias: bias, addingTo: y)
            #expect(relativeRMS(y.values, expected.map { 2 * $0 }) < 3e-5, "accumulating \(rows)×\(inputs)")
        }
    }

    /// Transformed inputs keep at least 14 bits: half a unit is 3e-5 of the largest, 1e-4 of the usual; the output
    /// transform, whose factors of up to 8 meet products that nearly cancel, raises that a few times.
    @Test(arguments: mixedComputes)
    func winograd(_ compute: Compute) throws {
        for (height, width, inputs, outputs, block) in [
            (4, 4, 16, 16, 16), (1, 1, 16, 16, 32), (5, 7, 48, 32, 32), (8, 8, 400, 80, 64), (16, 12, 64, 16, 64),
        ] {
            var numbers = SeededGenerator(seed: UInt64(height))
            let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: 9, storage: .int8(block: block), seed: 3)
            let x = Tensor([2, height, width, inputs], values: numbers.array(2 * height * width * inputs))
            let bias = Tensor([outputs], values: numbers.array(outputs))
            let map = FeatureMap(x)
            let y = try compute.stored(compute.convolution(map, packed.matrix, bias: bias, .same3x3))
            let expected = Reference.convolution(
                x, weights: packed.values, bias: bias.values, .same3x3, upsampledTo: (height, width))
            #expect(relativeRMS(y.values, expected) < 5e-4, "\(height)×\(width)×\(inputs)→\(outputs)")
            let sum = try compute.stored(
                compute.convolution(map, packed.matrix, bias: bias, .same3x3), adding: FeatureMap(y), into: y)
            #expect(sum === y && relativeRMS(y.values, expected.map { 2 * $0 }) < 5e-4, "added in place")
            let size = (2 * height, 2 * width - 1)
            let enlarged = try compute.stored(
                compute.convolution(map, packed.matrix, bias: bias, .same3x3, upsampledTo: size))
            let expectedEnlarged = Reference.convolution(
                x, weights: packed.values, bias: bias.values, .same3x3, upsampledTo: size)
            #expect(relativeRMS(enlarged.values, expectedEnlarged) < 5e-4, "upsampled")
        }
    }

    /// Weights and inputs at their very largest, with signs that make every product of a block add up: an overflow
    /// would change the sign of the result.
    @Test(arguments: mixedComputes, [-127, 127] as [Int8])
    func nothingOverflows(_ compute: Compute, _ weight: Int8) throws {
        for block in [16, 64, 512] {
            let matrix = PackedMatrix(
                outputs: 16, inputs: block, taps: 1, storage: .int8(block: block), seed: 1, allWeights: weight)
            let x = Tensor([3, block], repeating: 9)
            let expected = Reference.linear(
                x.values, rows: 3, weights: matrix.values.map { $0.map { $0[0] } },
                bias: [Float](repeating: 0, count: 16))
            #expect(relativeRMS(try compute.linear(x, matrix.matrix).values, expected) < 3e-5)
        }
        for block in [16, 64] {
            let matrix = PackedMatrix(
                outputs: 16, inputs: block, taps: 9, storage: .int8(block: block), seed: 1, allWeights: weight)
            // Inputs that alternate like the rows of Bᵀ and of G make the transformed values largest.
            for pattern in [[1, 1, 1, 1], [1, -1, 1, -1], [1, 0, -1, 0], [1, 1, -1, -1]] as [[Float]] {
                let values = (0..<8 * 8 * block).map { i in
                    9 * pattern[i / block / 8 % 4] * pattern[i / block % 8 % 4]
                }
                let x = Tensor([1, 8, 8, block], values: values)
                let expected = Reference.convolution(
                    x, weights: matrix.values, bias: [Float](repeating: 0, count: 16), .same3x3, upsampledTo: (8, 8))
                let y = try compute.stored(compute.convolution(FeatureMap(x), matrix.matrix, .same3x3))
                #expect(relativeRMS(y.values, expected) < 5e-4)
            }
        }
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let convolution = PackedMatrix(outputs: 80, inputs: 208, taps: 9, storage: .int8(block: 64), seed: 4)
        let linear = PackedMatrix(outputs: 80, inputs: 208, taps: 1, storage: .int8(block: 64), seed: 5)
        var numbers = SeededGenerator(seed: 6)
        let x = Tensor([1, 21, 20, 208], values: numbers.array(21 * 20 * 208))
        let results = try (1...4).map { threads in
            let compute = try Compute(threads: threads)
            return try compute.stored(compute.convolution(FeatureMap(x), convolution.matrix, .same3x3)).values
                + compute.linear(x, linear.matrix).values
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }
}
