import Glibc
import TestFiles
import Testing

@testable import Kernels

func exponential(_ x: Double) -> Double { exp(x) }
func errorFunction(_ x: Double) -> Double { erf(x) }

final class Bytes {
    let buffer: UnsafeMutableRawBufferPointer
    init(_ bytes: [UInt8]) {
        buffer = .allocate(byteCount: bytes.count, alignment: 64)
        buffer.copyBytes(from: bytes)
    }
    deinit { buffer.deallocate() }
}

/// A matrix in the file's layout, with the values that its stored bytes stand for: `values[output][input][tap]`.
struct PackedMatrix {
    let matrix: WeightMatrix
    let values: [[[Float]]]

    init(
        outputs: Int, inputs: Int, taps: Int, storage: WeightMatrix.Storage, seed: UInt64, allWeights fixed: Int8? = nil
    ) {
        var numbers = SeededGenerator(seed: seed)
        func number() -> Float { .random(in: -1...1, using: &numbers) }
        var values = [[[Float]]](
            repeating: [[Float]](repeating: [Float](repeating: 0, count: taps), count: inputs), count: outputs)
        var bytes: [UInt8] = []
        for panel in 0..<(outputs + 15) / 16 {
            let blocks: Int
            if case .int8(let block) = storage { blocks = (inputs + block - 1) / block } else { blocks = 0 }
            let scales = (0..<blocks * 16).map { _ in Float16(0.005 + 0.004 * number()) }
            for c in 0..<inputs {
                for t in 0..<taps {
                    for j in 0..<16 {
                        let n = panel * 16 + j
                        switch storage {
                        case .float16:
                            let half = n < outputs ? Float16(number()) : 0
                            withUnsafeBytes(of: half.bitPattern.littleEndian) { bytes += $0 }
                            if n < outputs { values[n][c][t] = Float(half) }
                        case .int8(let block):
                            let q = n < outputs ? fixed ?? Int8(number() * 127) : 0
                            bytes.append(UInt8(bitPattern: q))
                            if n < outputs { values[n][c][t] = Float(q) * Float(scales[c / block * 16 + j]) }
                        }
                    }
                }
            }
            for scale in scales { withUnsafeBytes(of: scale.bitPattern.littleEndian) { bytes += $0 } }
        }
        let memory = Bytes(bytes)
        self.values = values
        matrix = WeightMatrix(
            name: "matrix \(seed)", outputs: outputs, inputs: inputs, taps: taps, storage: storage,
            bytes: UnsafeRawBufferPointer(memory.buffer), owner: memory)
    }
}

private func makeCompute(_ threads: Int, _ kernels: KernelTable, _ arithmetic: Arithmetic) -> Compute {
    do {
        return try Compute(threads: threads, kernels: kernels, arithmetic: arithmetic)
    } catch {
        preconditionFailure("\(error)")
    }
}

/// Every micro-kernel set this processor has, on one thread and on three, in float32.
let computes: [Compute] = KernelTable.available.flatMap { kernels in
    [1, 3].map { makeCompute($0, kernels, .float32) }
}

/// The same with int16 arithmetic where weights are int8.
let mixedComputes: [Compute] = KernelTable.available.flatMap { kernels in
    [1, 3].map { makeCompute($0, kernels, .mixed) }
}

extension Compute: CustomTestStringConvertible {
    public var testDescription: String { "\(kernels.name), \(threads) threads" }
}
