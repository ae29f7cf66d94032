/// Sums of squares from which the relative error of a tensor or a whole component follows.
package struct QuantizationError: Sendable, Equatable {
    /// Σ (stored − original)².
    package var squaredError = 0.0
    /// Σ original².
    package var squaredSum = 0.0

    package init() {}

    /// Root of the mean squared error over the root mean square of the values; 0 for values that are all zero.
    package var relativeRMS: Double { squaredSum > 0 ? (squaredError / squaredSum).squareRoot() : 0 }

    package static func += (total: inout QuantizationError, part: QuantizationError) {
        total.squaredError += part.squaredError
        total.squaredSum += part.squaredSum
    }
}

/// Floats to the bytes of a scheme, a piece at a time.
package enum Quantize {
    /// The scales tried for a block, relative to (largest magnitude) / 127. Values just beyond ±127 are clamped; the
    /// scale with the least squared error wins.
    static let scaleCandidates: [Float] = [1, 0.996, 0.992, 0.988, 0.984, 0.98, 1.004, 1.008]

    /// Row-major fp32.
    package static func f32(_ values: [Float]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    /// Row-major fp16, or nil if a value is too large for it.
    package static func f16(_ values: [Float], error: inout QuantizationError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: values.count * 2)
        for (index, value) in values.enumerated() {
            let half = Float16(value)
            guard half.isFinite else { return nil }
            store(half, in: &bytes, at: index * 2)
            error.add(value, Float(half))
        }
        return bytes
    }

    /// One panel of `f16-panels`, or nil if a value is too large.
    /// - Parameter rows: `[rowCount ≤ 16, layout.rowLength]`; missing rows become zeros.
    package static func f16Panel(_ rows: [Float], layout: PanelLayout, error: inout QuantizationError) -> [UInt8]? {
        precondition(layout.block == nil)
        let length = layout.rowLength
        let rowCount = rows.count / length
        var bytes = [UInt8](repeating: 0, count: layout.stride)
        for k in 0..<length {
            for row in 0..<rowCount {
                let value = rows[row * length + k]
                let half = Float16(value)
                guard half.isFinite else { return nil }
                store(half, in: &bytes, at: (k * PanelLayout.width + row) * 2)
                error.add(value, Float(half))
            }
        }
        return bytes
    }

    /// One panel of `int8-panels`: values, then scales. nil if a scale is too large for fp16.
    /// - Parameter rows: `[rowCount ≤ 16, layout.rowLength]`; missing rows become zeros.
    package static func int8Panel(_ rows: [Float], layout: PanelLayout, error: inout QuantizationError) -> [UInt8]? {
        guard let block = layout.block else { preconditionFailure("int8 needs a block size") }
        let length = layout.rowLength
        let rowCount = rows.count / length
        let span = block * layout.taps
        var bytes = [UInt8](repeating: 0, count: layout.stride)
        for row in 0..<rowCount {
            for index in 0..<layout.blockCount {
                let first = index * span
                let values = rows[row * length + first..<row * length + min(first + span, length)]
                guard let scale = bestScale(values) else { return nil }
                store(scale, in: &bytes, at: layout.valueByteCount + (index * PanelLayout.width + row) * 2)
                let step = Float(scale)
                let inverse = step > 0 ? 1 / step : 0
                for (k, value) in zip(first..., values) {
                    let level = nearestLevel(value * inverse)
                    bytes[k * PanelLayout.width + row] = UInt8(bitPattern: Int8(level))
                    error.add(value, level * step)
                }
            }
        }
        return bytes
    }

    /// The fp16 scale with the least squared error among the candidates; nil if none fits fp16.
    private static func bestScale(_ values: ArraySlice<Float>) -> Float16? {
        let largest = values.reduce(0) { max($0, abs($1)) }
        let exact = largest / 127
        guard largest > 0 else { return 0 }
        var best: Float16?
        var least = Float.infinity
        for candidate in scaleCandidates {
            let scale = Float16(exact * candidate)
            guard scale.isFinite, scale > 0, scale != best else { continue }
            let step = Float(scale)
            let inverse = 1 / step
            var sum: Float = 0
            for value in values {
                let difference = nearestLevel(value * inverse) * step - value
                sum += difference * difference
            }
            if sum < least || best == nil {
                least = sum
                best = scale
            }
        }
        if let best { return best }
        return Float16(exact).isFinite ? 0 : nil
    }

    private static func nearestLevel(_ value: Float) -> Float {
        min(127, max(-127, value.rounded(.toNearestOrEven)))
    }

    private static func store(_ half: Float16, in bytes: inout [UInt8], at offset: Int) {
        let bits = half.bitPattern
        bytes[offset] = UInt8(truncatingIfNeeded: bits)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: bits >> 8)
    }
}

extension QuantizationError {
    mutating func add(_ original: Float, _ stored: Float) {
        let difference = Double(stored) - Double(original)
        squaredError += difference * difference
        squaredSum += Double(original) * Double(original)
    }
}
