/// How a tensor's values are stored. The layouts are specified in `docs/FORMAT.md`.
package enum Scheme: String, Codable, Sendable {
    /// Row-major fp32. Fallback for flat tensors with values that fp16 cannot hold.
    case f32
    /// Row-major fp16: biases, norms, embeddings.
    case f16
    /// fp16 in panels of 16 output channels: sensitive matrices and convolutions.
    case f16Panels = "f16-panels"
    /// int8 in panels of 16 output channels, fp16 scales per block of input channels: all other weights.
    case int8Panels = "int8-panels"

    /// Bytes of a tensor, or nil if this scheme does not permit the shape or block, or the count overflows.
    func byteCount(shape: [Int], block: Int?) -> Int? {
        switch self {
        case .f32, .f16:
            guard block == nil, let count = elementCount(shape) else { return nil }
            return product(count, self == .f32 ? 4 : 2)
        case .f16Panels:
            guard block == nil else { return nil }
            return PanelLayout(shape: shape)?.byteCount
        case .int8Panels:
            guard let block, Scheme.permits(block: block) else { return nil }
            return PanelLayout(shape: shape, block: block)?.byteCount
        }
    }

    /// Whether `block` is a possible number of input channels that share one scale.
    static func permits(block: Int) -> Bool {
        block > 0 && block % 16 == 0 && block <= 65_536
    }
}

/// Where the values of a matrix `[N, K]` or convolution `[N, C, kh, kw]` lie when it is stored in panels of 16 output
/// channels. A panel holds, for each input channel and then each tap, 16 values, one per output channel; with a block
/// size, these values are int8 and the panel's scales follow: 16 fp16 for each block of input channels.
package struct PanelLayout: Sendable, Equatable {
    package static let width = 16

    package let outputs: Int
    package let inputs: Int
    package let taps: Int
    /// Input channels that share a scale; nil for fp16 values.
    package let block: Int?
    /// Bytes of a panel's values, without the scales.
    package let valueByteCount: Int
    /// Bytes from one panel to the next.
    package let stride: Int
    /// Bytes of all panels.
    package let byteCount: Int

    /// nil for a shape of another rank, a dimension below 1, or a size that overflows.
    package init?(shape: [Int], block: Int? = nil) {
        guard shape.count == 2 || shape.count == 4, elementCount(shape) != nil else { return nil }
        let (outputs, inputs, taps) = (shape[0], shape[1], shape.dropFirst(2).reduce(1, *))
        guard let values = product(inputs * taps, PanelLayout.width * (block == nil ? 2 : 1)) else { return nil }
        let scales = block.map { ((inputs - 1) / $0 + 1) * PanelLayout.width * 2 } ?? 0
        let (stride, overflow) = values.addingReportingOverflow(scales)
        guard !overflow, let total = product((outputs - 1) / PanelLayout.width + 1, stride) else { return nil }
        self.outputs = outputs
        self.inputs = inputs
        self.taps = taps
        self.block = block
        valueByteCount = values
        self.stride = stride
        byteCount = total
    }

    package var panelCount: Int { (outputs - 1) / PanelLayout.width + 1 }
    /// Values per output channel: input channels × taps.
    package var rowLength: Int { inputs * taps }
    package var blockCount: Int { block.map { (inputs - 1) / $0 + 1 } ?? 0 }
    /// Output channels of a panel that are not padding.
    package func rows(inPanel panel: Int) -> Int { min(PanelLayout.width, outputs - panel * PanelLayout.width) }
}

/// The number of elements of a shape of rank 1...4 with dimensions of at least 1; nil otherwise or on overflow.
func elementCount(_ shape: [Int]) -> Int? {
    guard (1...4).contains(shape.count) else { return nil }
    var count = 1
    for dimension in shape {
        guard dimension >= 1, let next = product(count, dimension) else { return nil }
        count = next
    }
    return count
}

func product(_ a: Int, _ b: Int) -> Int? {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : result
}
