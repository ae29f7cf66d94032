import Synchronization
import TestFiles
import Testing

@testable import Kernels

// Rounding to float32 is 6e-8 a time; a sum of K products of random signs gathers about √K of them, relative to a
// result that also grows with √K. A few times that, with room for polynomials good to 2e-7, is 1e-6.
private let tolerance = 1e-6

@Suite struct OperationTests {
    static let storages: [WeightMatrix.Storage] = [.float16, .int8(block: 32), .int8(block: 64)]

    @Test(arguments: computes, storages)
    func linear(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        for (rows, inputs, outputs) in [(1, 1, 1), (2, 7, 15), (6, 16, 16), (7, 33, 17), (31, 320, 3), (200, 768, 40)] {
            var numbers = SeededGenerator(seed: UInt64(rows))
            let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: 1, storage: storage, seed: 2)
            let x = Tensor([rows, inputs], values: numbers.array(rows * inputs))
            let bias = Tensor([outputs], values: numbers.array(outputs))
            let expected = Reference.linear(
                x.values, rows: rows, weights: packed.values.map { $0.map { $0[0] } }, bias: bias.values)
            let y = try compute.linear(x, packed.matrix, bias: bias)
            #expect(relativeRMS(y.values, expected) < tolerance, "\(rows)×\(inputs)→\(outputs)")
            try compute.linear(x, packed.matrix, bias: bias, addingTo: y)
            #expect(
                relativeRMS(y.values, expected.map { 2 * $0 }) < tolerance,
                "accumulating \(rows)×\(inputs)→\(outputs)")
        }
    }

    @Test(arguments: computes, storages)
    func convolution(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        for (shape, height, width, inputs, outputs) in [
            (ConvolutionShape.same3x3, 1, 1, 1, 1), (.same3x3, 5, 7, 4, 17), (.same3x3, 8, 8, 72, 16),
            (.halving3x3, 8, 6, 8, 3), (.halving3x3, 5, 3, 8, 3), (.oneSidedHalving3x3, 8, 6, 8, 16),
            (.oneSidedHalving3x3, 5, 9, 16, 16), (.pointwise, 3, 3, 40, 20),
        ] {
            var numbers = SeededGenerator(seed: UInt64(height))
            let taps = shape.kernel * shape.kernel
            let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: taps, storage: storage, seed: 3)
            let x = Tensor([2, height, width, inputs], values: numbers.array(2 * height * width * inputs))
            let bias = Tensor([outputs], values: numbers.array(outputs))
            let y = try compute.stored(compute.convolution(FeatureMap(x), packed.matrix, bias: bias, shape))
            let expected = Reference.convolution(
                x, weights: packed.values, bias: bias.values, shape, upsampledTo: (height, width))
            #expect(relativeRMS(y.values, expected) < tolerance, "\(height)×\(width)×\(inputs)→\(outputs)")
            for size in [(2 * height, 2 * width), (2 * height - 1, 2 * width + 1)] where shape.stride == 1 {
                let y = try compute.stored(
                    compute.convolution(FeatureMap(x), packed.matrix, bias: bias, shape, upsampledTo: size))
                let expected = Reference.convolution(
                    x, weights: packed.values, bias: bias.values, shape, upsampledTo: size)
                #expect(relativeRMS(y.values, expected) < tolerance, "upsampled to \(size)")
            }
        }
    }

    /// Patches that do not overlap, channel by channel, times a convolution's weights as they lie.
    @Test(arguments: computes, storages)
    func patches(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        for (rows, inputs, taps, outputs) in [(5, 3, 196, 24), (3, 70, 4, 17), (2, 16, 1, 16)] {
            var numbers = SeededGenerator(seed: UInt64(rows))
            let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: taps, storage: storage, seed: 4)
            let x = Tensor([rows, inputs * taps], values: numbers.array(rows * inputs * taps))
            let expected = Reference.linear(
                x.values, rows: rows, weights: packed.values.map { $0.flatMap { $0 } },
                bias: [Float](repeating: 0, count: outputs))
            let y = try compute.linear(x, packed.matrix.flattened)
            #expect(relativeRMS(y.values, expected) < tolerance, "\(inputs)×\(taps)→\(outputs)")
        }
    }

    @Test(arguments: computes, [false, true])
    func attention(_ compute: Compute, _ causal: Bool) throws {
        for (tokens, keys, heads, d) in [
            (1, 1, 1, 8), (2, 2, 1, 16), (3, 3, 2, 80), (7, 7, 1, 512), (17, 17, 3, 8), (131, 131, 2, 40),
            (77, 77, 2, 20), (50, 50, 1, 40), (300, 300, 2, 16), (9, 77, 3, 64), (10, 140, 1, 160),
        ] {
            if causal && tokens != keys { continue }
            var numbers = SeededGenerator(seed: UInt64(tokens + d))
            let width = heads * d
            let query = Tensor([1, tokens, width], values: numbers.array(tokens * width).map { 4 * $0 })
            let key = Tensor([1, keys, width], values: numbers.array(keys * width).map { 4 * $0 })
            let value = Tensor([1, keys, width], values: numbers.array(keys * width))
            let queryValues = query.values
            let out = try compute.attention(
                query: query, compute.keysAndValues(heads: heads, key: { key }, value: { value }), causal: causal)
            let expected = Reference.attention(
                query: queryValues, key: key.values, value: value.values, tokens: tokens, keys: keys, heads: heads,
                d: d, causal: causal)
            // The exponent of a softmax turns the scores' absolute rounding (|score| up to ~100 · 6e-8) into relative.
            #expect(relativeRMS(out.values, expected) < 1e-5, "\(tokens) tokens, \(keys) keys, d \(d)")
        }
    }

    @Test(arguments: computes, [false, true])
    func attentionInIntegers(_ compute: Compute, _ causal: Bool) throws {
        for (tokens, keys, heads, d) in [
            (1, 1, 1, 8), (2, 2, 1, 16), (3, 3, 2, 80), (7, 7, 1, 512), (17, 17, 3, 7), (131, 131, 2, 40),
            (77, 77, 2, 20), (300, 300, 2, 16), (9, 77, 3, 64), (10, 140, 1, 160), (5, 241, 1, 40),
        ] {
            if causal && tokens != keys { continue }
            var numbers = SeededGenerator(seed: UInt64(tokens + d))
            let width = heads * d
            let query = Tensor([1, tokens, width], values: numbers.array(tokens * width).map { 2 * $0 })
            let key = Tensor([1, keys, width], values: numbers.array(keys * width).map { 2 * $0 })
            let value = Tensor([1, keys, width], values: numbers.array(keys * width))
            let queryValues = query.values
            let packed = try compute.keysAndValues(heads: heads, asIntegers: true, key: { key }, value: { value })
            let out = try compute.attention(query: query, packed, causal: causal)
            let expected = Reference.attention(
                query: queryValues, key: key.values, value: value.values, tokens: tokens, keys: keys, heads: heads,
                d: d, causal: causal)
            // Values have 10 bits: rounding moves them by 1/511/√12 of the largest, and that is about twice their size.
            #expect(relativeRMS(out.values, expected) < 3e-3, "\(tokens) tokens, \(keys) keys, d \(d)")
        }
    }

    /// All as large as they can be and of one sign: the largest sums that there are.
    @Test(arguments: computes, [8, 40, 160, 512])
    func noSumOfAttentionOverflows(_ compute: Compute, _ d: Int) throws {
        let query = Tensor([1, 3, d], repeating: -7)
        let key = Tensor([1, 240, d], values: (0..<240 * d).map { $0 / d < 120 ? -3 : 3 })
        let value = Tensor([1, 240, d], values: (0..<240 * d).map { $0 / d < 120 ? -2 : 2 })
        let packed = try compute.keysAndValues(heads: 1, asIntegers: true, key: { key }, value: { value })
        // A thousandth: weights of 15 bits come from powers good to a ten-thousandth.
        #expect(try compute.attention(query: query, packed).values.allSatisfy { abs($0 + 2) < 2e-3 })
        let even = Tensor([1, 3, d], repeating: 0)
        #expect(try compute.attention(query: even, packed).values.allSatisfy { abs($0) < 2e-3 })
    }

    @Test(arguments: computes)
    func attentionWithHugeScoresStaysFinite(_ compute: Compute) throws {
        let query = Tensor([1, 3, 8], repeating: 1e3)
        let key = Tensor([1, 200, 8], values: (0..<1600).map { $0 < 800 ? -1e3 : 1e3 })
        let value = Tensor([1, 200, 8], values: (0..<1600).map { $0 < 800 ? 0 : 1 })
        for (asIntegers, tolerance) in [(false, Float(1e-5)), (true, 1e-3)] {
            let packed = try compute.keysAndValues(
                heads: 1, asIntegers: asIntegers, key: { key }, value: { value })
            let copy = Tensor(query.shape, values: query.values)
            #expect(try compute.attention(query: copy, packed).values.allSatisfy { abs($0 - 1) < tolerance })
        }
    }

    @Test(arguments: computes)
    func norms(_ compute: Compute) throws {
        for (rows, channels, groups) in [(1, 8, 2), (63, 16, 4), (130, 64, 32), (7, 320, 32)] {
            var numbers = SeededGenerator(seed: UInt64(rows))
            let x = Tensor([2, 1, rows, channels], values: numbers.array(2 * rows * channels).map { 3 * $0 + 2 })
            let weight = Tensor([channels], values: numbers.array(channels))
            let bias = Tensor([channels], values: numbers.array(channels))
            let expected = Reference.groupNorm(
                x, weight: weight.values, bias: bias.values, groups: groups, epsilon: 1e-5)
            let plain = try compute.stored(
                compute.groupNorm(FeatureMap(x), weight: weight, bias: bias, groups: groups, epsilon: 1e-5))
            #expect(relativeRMS(plain.values, expected) < tolerance)
            let silu = try compute.stored(
                compute.groupNorm(
                    FeatureMap(x), weight: weight, bias: bias, groups: groups, epsilon: 1e-5, silu: true))
            #expect(relativeRMS(silu.values, expected.map { $0 / (1 + exponential(-$0)) }) < tolerance)
            let rowwise = try compute.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5)
            let rowsAsImages = Tensor([2 * rows, 1, channels], values: x.values)
            let expectedRows = Reference.groupNorm(
                rowsAsImages, weight: weight.values, bias: bias.values, groups: 1, epsilon: 1e-5)
            #expect(relativeRMS(rowwise.values, expectedRows) < tolerance)
        }
    }

    @Test(arguments: computes)
    func activations(_ compute: Compute) throws {
        let values = (0..<4001).map { Float($0 - 2000) / 100 }  // -20…20
        func apply(_ f: (Tensor) -> Void) -> [Float] {
            let x = Tensor([values.count], values: values)
            f(x)
            return x.values
        }
        let inputs = values.map(Double.init)
        #expect(relativeRMS(apply(compute.silu), inputs.map { $0 / (1 + exponential(-$0)) }) < tolerance)
        #expect(relativeRMS(apply(compute.quickGelu), inputs.map { $0 / (1 + exponential(-1.702 * $0)) }) < tolerance)
        let gelu = inputs.map { $0 / 2 * (1 + errorFunction($0 / 2.0.squareRoot())) }
        #expect(relativeRMS(apply(compute.gelu), gelu) < tolerance)
        let gated = try compute.gatedGelu(Tensor([1, 8000], values: Array(values[..<4000]) + values[..<4000]))
        #expect(relativeRMS(gated.values, zip(inputs, gelu).prefix(4000).map { $0 * $1 }) < tolerance)
    }

    @Test(arguments: computes)
    func elementwise(_ compute: Compute) {
        var numbers = SeededGenerator(seed: 5)
        let a = Tensor([2, 5, 3, 8], values: numbers.array(240))
        let av = a.values
        let offsets = Tensor([1, 8], values: numbers.array(8))
        let ov = offsets.values
        compute.addPerChannel(offsets, to: a)
        let expected = av.indices.map { i in av[i] + ov[i % 8] }
        #expect(a.values == expected)
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let packed = PackedMatrix(outputs: 70, inputs: 200, taps: 9, storage: .int8(block: 64), seed: 4)
        var numbers = SeededGenerator(seed: 6)
        let x = Tensor([1, 20, 20, 200], values: numbers.array(80_000))
        let results = try (1...4).map { threads in
            let compute = try Compute(threads: threads)
            return try compute.stored(compute.convolution(FeatureMap(x), packed.matrix, .same3x3)).values
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test func cancellationStopsTheNextOperation() throws {
        let stop = Atomic(false)
        let compute = try Compute(threads: 2)
        var run = Run()
        run.isCancelled = { stop.load(ordering: .relaxed) }
        let (x, ones) = (Tensor([1, 8], repeating: 1), Tensor([8], repeating: 1))
        _ = try compute.during(run) { try compute.layerNorm(x, weight: ones, bias: ones, epsilon: 1e-5) }
        stop.store(true, ordering: .relaxed)
        #expect(throws: CancellationError.self) {
            try compute.during(run) { try compute.layerNorm(x, weight: ones, bias: ones, epsilon: 1e-5) }
        }
    }
}
