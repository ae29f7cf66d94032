import TestFiles
import Testing

@testable import Kernels

/// Infinity and NaN in what is computed from must be seen in what is computed, whichever way.
@Suite struct FinitenessTests {
    static let wrong: [Float] = [.nan, .infinity, -.infinity]
    static let storages: [WeightMatrix.Storage] = [.float16, .int8(block: 32)]

    private func random(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
        var numbers = SeededGenerator(seed: seed)
        return Tensor(shape, values: numbers.array(shape.reduce(1, *)))
    }

    /// `x` with a wrong number at one place.
    private func spoilt(_ x: Tensor, _ place: Int, _ value: Float) -> Tensor {
        let copy = Tensor(x.shape, values: x.values)
        copy.pointer[place] = value
        return copy
    }

    /// Expects that `found` is not finite exactly where `isWrong` says, and elsewhere as `clean`.
    private func expect(
        _ found: [Float], _ clean: [Float], _ comment: Comment, wrong isWrong: (Int) -> Bool,
        location: SourceLocation = #_sourceLocation
    ) {
        let isRight = found.indices.allSatisfy { isWrong($0) ? !found[$0].isFinite : found[$0] == clean[$0] }
        #expect(isRight && clean.allSatisfy(\.isFinite), comment, sourceLocation: location)
    }

    @Test(arguments: KernelTable.available.map(\.name))
    func magnitudes(_ name: String) throws {
        let kernels = try KernelTable.chosen(name)
        for count in 1...70 {
            let x = random([count]).values
            #expect(x.withUnsafeBufferPointer { kernels.largestMagnitude($0.baseAddress!, count) } == x.map(abs).max())
            for place in 0..<count {
                for value in Self.wrong {
                    var x = x
                    x[place] = value
                    let found = x.withUnsafeBufferPointer { kernels.largestMagnitude($0.baseAddress!, count) }
                    #expect(value.isNaN ? found.isNaN : found == .infinity)
                }
            }
        }
    }

    @Test(arguments: KernelTable.available.map(\.name))
    func halves(_ name: String) throws {
        let compute = try Compute(threads: 1, kernels: KernelTable.chosen(name))
        let patterns = (0...UInt16.max).map { $0.littleEndian }
        let found = patterns.withUnsafeBytes { compute.float16($0, shape: [patterns.count]) }.values
        let isRight = zip(found, patterns).allSatisfy { found, pattern in
            let expected = Float(Float16(bitPattern: pattern))
            return found == expected || found.isNaN && expected.isNaN
        }
        #expect(isRight)
    }

    @Test(arguments: computes + mixedComputes, storages)
    func linear(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        let packed = PackedMatrix(outputs: 48, inputs: 80, taps: 1, storage: storage, seed: 2)
        let x = random([7, 80])
        let clean = try compute.linear(x, packed.matrix).values
        let gated = PackedMatrix(outputs: 64, inputs: 80, taps: 1, storage: storage, seed: 3)
        let cleanGated = try compute.gatedLinear(x, gated.matrix).values
        for value in Self.wrong {
            for channel in [0, 37, 79] {
                let x = spoilt(x, 3 * 80 + channel, value)
                expect(try compute.linear(x, packed.matrix).values, clean, "\(value)") { $0 / 48 == 3 }
                expect(try compute.gatedLinear(x, gated.matrix).values, cleanGated, "gated \(value)") { $0 / 32 == 3 }
            }
            let bias = spoilt(Tensor([48], repeating: 0), 5, value)
            expect(try compute.linear(x, packed.matrix, bias: bias).values, clean, "bias") { $0 % 48 == 5 }
        }
    }

    /// A wrong half in an fp16 matrix, or among the scales of an int8 one.
    @Test(arguments: computes + mixedComputes, storages)
    func weights(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        for value in [Float16.nan, .infinity, -.infinity] {
            for taps in [1, 9] {
                let packed = PackedMatrix(outputs: 16, inputs: 64, taps: taps, storage: storage, seed: 2)
                let map = FeatureMap(random([1, 5, 6, 64]))
                let shape = taps == 1 ? ConvolutionShape.pointwise : .same3x3
                let clean = try compute.stored(compute.convolution(map, packed.matrix, shape)).values
                let place = storage == .float16 ? 2 * (40 * taps * 16 + 7) : 64 * taps * 16 + 2 * (16 + 7)
                UnsafeMutableRawPointer(mutating: packed.matrix.bytes)
                    .storeBytes(of: value.bitPattern.littleEndian, toByteOffset: place, as: UInt16.self)
                let found = try compute.stored(compute.convolution(map, packed.matrix, shape)).values
                if storage == .float16 && taps == 9 {
                    // The first tap's weight: pixels of the first row and column do not read it, or only zeros with it.
                    #expect((7..<30).allSatisfy { $0 % 6 == 0 || !found[$0 * 16 + 7].isFinite })
                } else {
                    expect(found, clean, "\(value), \(taps) taps") { $0 % 16 == 7 }
                }
            }
        }
    }

    @Test(arguments: computes + mixedComputes, storages)
    func convolution(_ compute: Compute, _ storage: WeightMatrix.Storage) throws {
        let (height, width, inputs, outputs) = (9, 11, 48, 32)
        let x = random([2, height, width, inputs])
        let packed = PackedMatrix(outputs: outputs, inputs: inputs, taps: 9, storage: storage, seed: 2)
        for value in Self.wrong {
            for (y, column) in [(0, 0), (4, 3), (8, 10), (5, 7)] {
                let spoilt = spoilt(x, ((height + y) * width + column) * inputs + 17, value)
                for shape in [ConvolutionShape.same3x3, .halving3x3] {
                    let out = try compute.stored(compute.convolution(FeatureMap(spoilt), packed.matrix, shape))
                    let isSeen = (0..<out.count).allSatisfy { i in
                        let pixel = i / outputs
                        let (oy, ox) = (pixel / out.shape[2] % out.shape[1], pixel % out.shape[2])
                        let reads = abs(oy * shape.stride - y) <= 1 && abs(ox * shape.stride - column) <= 1
                        let image = pixel / out.shape[2] / out.shape[1]
                        // Winograd's tiles of 4×4 pixels may all be wrong; another image may not.
                        return image == 0 ? out.values(at: i).isFinite : !reads || !out.values(at: i).isFinite
                    }
                    #expect(isSeen, "\(value) at \(y), \(column), stride \(shape.stride)")
                }
            }
        }
    }

    @Test(arguments: computes + mixedComputes)
    func maps(_ compute: Compute) throws {
        let x = random([2, 3, 5, 24])
        let (weight, bias) = (random([24], seed: 2), random([24], seed: 3))
        func norm(_ x: Tensor) throws -> [Float] {
            try compute.stored(
                compute.groupNorm(FeatureMap(x), weight: weight, bias: bias, groups: 3, epsilon: 1e-5, silu: true)
            ).values
        }
        let clean = try norm(x)
        let packed = PackedMatrix(outputs: 16, inputs: 24, taps: 1, storage: .float16, seed: 4)
        func rounded(_ x: Tensor) throws -> [Float] {
            let map = compute.convolution(FeatureMap(x), packed.matrix, .pointwise)
            return try compute.stored(map.rounded(to: .int16)).values
        }
        let cleanRounded = try rounded(x)
        let rows = Tensor([30, 24], values: x.values)
        let cleanRows = try compute.layerNorm(rows, weight: weight, bias: bias, epsilon: 1e-5).values
        for element in [Tensor.Element.float32, .int16] {
            let clean = try compute.stored(FeatureMap(x), as: element).values
            for value in Self.wrong {
                let spoilt = spoilt(x, 20 * 24 + 11, value)
                let kept = try compute.stored(FeatureMap(spoilt), as: element)
                #expect(!compute.isFinite(kept))
                expect(kept.values, clean, "stored \(value)") {
                    element == .int16 ? $0 / 24 == 20 : $0 == 20 * 24 + 11
                }
            }
        }
        for value in Self.wrong {
            let place = 20 * 24 + 11
            expect(try norm(spoilt(x, place, value)), clean, "group norm \(value)") {
                $0 / 360 == 1 && $0 % 24 / 8 == 1
            }
            expect(try rounded(spoilt(x, place, value)), cleanRounded, "rounded \(value)") { $0 / 16 == 20 }
            let row = try compute.layerNorm(spoilt(rows, place, value), weight: weight, bias: bias, epsilon: 1e-5)
            expect(row.values, cleanRows, "layer norm \(value)") { $0 / 24 == 20 }
            let parameter = try compute.groupNorm(
                FeatureMap(x), weight: spoilt(weight, 9, value), bias: bias, groups: 3, epsilon: 1e-5)
            let found = try compute.stored(parameter).values
            #expect(found.indices.allSatisfy { found[$0].isFinite == ($0 % 24 != 9) })
        }
    }

    @Test(arguments: computes)
    func activations(_ compute: Compute) throws {
        let x = random([4, 16])
        for value in Self.wrong {
            for (name, apply) in [
                ("silu", compute.silu), ("quick gelu", compute.quickGelu), ("gelu", compute.gelu),
                ("add", { compute.add(x, to: $0) }),
            ] as [(String, (Tensor) -> Void)] {
                let clean = Tensor(x.shape, values: x.values)
                apply(clean)
                let found = spoilt(x, 21, value)
                apply(found)
                expect(found.values, clean.values, "\(name) \(value)") { $0 == 21 }
            }
            for place in [21, 29] {  // hidden and gate of the same result
                let found = try compute.gatedGelu(spoilt(x, place, value)).values
                expect(found, try compute.gatedGelu(x).values, "gate \(value)") { $0 == 13 }
            }
        }
    }

    @Test(arguments: computes, [(causal: false, asIntegers: false), (true, false), (false, true)])
    func attention(_ compute: Compute, _ kind: (causal: Bool, asIntegers: Bool)) throws {
        let (causal, asIntegers) = kind
        let (tokens, heads, d) = (150, 2, 20)
        let width = heads * d
        let (query, key, value) = (
            random([1, tokens, width]), random([1, tokens, width]), random([1, tokens, width])
        )
        func attend(_ query: Tensor, _ key: Tensor, _ value: Tensor) throws -> [Float] {
            // A copy, which is worked on in place.
            try compute.attention(
                query: Tensor(query.shape, values: query.values),
                compute.keysAndValues(heads: heads, asIntegers: asIntegers, key: { key }, value: { value }),
                causal: causal
            ).values
        }
        let clean = try attend(query, key, value)
        for wrong in Self.wrong {
            for token in [0, 70, 149] {
                let place = token * width + d + 3  // of the second head
                expect(try attend(spoilt(query, place, wrong), key, value), clean, "query \(wrong)") {
                    $0 / width == token && $0 % width >= d
                }
                expect(try attend(query, spoilt(key, place, wrong), value), clean, "key \(wrong)") {
                    $0 % width >= d && (!causal || $0 / width >= token)
                }
                let found = try attend(query, key, spoilt(value, place, wrong))
                let readers = (causal ? token : 0)..<tokens
                #expect(readers.allSatisfy { !found[$0 * width + d + 3].isFinite }, "value \(wrong)")
            }
        }
    }

    /// The layer whose result is the first that is not finite is named.
    @Test func theFirstLayerIsNamed() throws {
        let compute = try Compute(threads: 2)
        let good = PackedMatrix(outputs: 32, inputs: 32, taps: 9, storage: .int8(block: 32), seed: 1)
        let bad = PackedMatrix(outputs: 32, inputs: 32, taps: 9, storage: .int8(block: 32), seed: 2)
        UnsafeMutableRawPointer(mutating: bad.matrix.bytes)
            .storeBytes(of: Float16.nan.bitPattern.littleEndian, toByteOffset: 32 * 9 * 16, as: UInt16.self)
        let x = FeatureMap(random([1, 12, 12, 32]))
        func paint() throws -> Tensor {
            var h = x
            for matrix in [good, bad, good] { h = compute.convolution(h, matrix.matrix, .same3x3) }
            return try compute.stored(h)
        }
        #expect(try !compute.isFinite(paint()))
        #expect(throws: ComputeError.notFinite(layer: "matrix 2")) { try compute.checking(Run(), paint) }
        let ones = Tensor([32], repeating: 1)
        #expect(throws: ComputeError.notFinite(layer: "the layer norm after matrix 1")) {
            try compute.checking(Run()) {
                let y = try compute.stored(compute.convolution(x, good.matrix, .same3x3))
                return try compute.layerNorm(y, weight: spoilt(ones, 3, .nan), bias: ones, epsilon: 1e-5)
            }
        }
        #expect(try !compute.isFinite(paint()))
    }
}

extension Tensor {
    fileprivate func values(at index: Int) -> Float { pointer[index] }
}
