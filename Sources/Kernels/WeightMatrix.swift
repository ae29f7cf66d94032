/// Sees to it that weights are in memory while an operation uses them.
public protocol WeightResidence: AnyObject, Sendable {
    func begin()
    func end()
}

/// The weights of a linear layer or a convolution, left where they lie (in the mapped file).
///
/// Panels of 16 output channels: for each input channel, for each tap, 16 values, one per output channel. An int8
/// panel ends with its scales: 16 half floats for every `block` input channels.
public struct WeightMatrix: @unchecked Sendable {
    public enum Storage: Sendable, Equatable {
        case float16
        case int8(block: Int)
    }
    public let outputs: Int
    public let inputs: Int
    public let taps: Int
    public let storage: Storage
    let bytes: UnsafeRawPointer
    private let owner: AnyObject
    let residence: (any WeightResidence)?

    static let panelWidth = 16

    /// - Parameters:
    ///   - owner: keeps `bytes` alive
    ///   - residence: told of every use
    public init(
        outputs: Int, inputs: Int, taps: Int, storage: Storage, bytes: UnsafeRawBufferPointer, owner: AnyObject,
        residence: (any WeightResidence)? = nil
    ) {
        self.outputs = outputs
        self.inputs = inputs
        self.taps = taps
        self.storage = storage
        self.owner = owner
        self.residence = residence
        self.bytes = bytes.baseAddress!
        precondition(bytes.count >= panels * panelBytes, "\(bytes.count) bytes for \(panels) panels of \(panelBytes)")
    }

    var panels: Int { (outputs + Self.panelWidth - 1) / Self.panelWidth }

    private var panelBytes: Int {
        let values = inputs * taps * Self.panelWidth
        switch storage {
        case .float16: return 2 * values
        case .int8(let block): return values + (inputs + block - 1) / block * Self.panelWidth * 2
        }
    }

    /// The block of an int8 matrix whose products with int16 activations can be summed in int32 without overflow.
    var integerBlock: Int? {
        guard case .int8(let block) = storage, block % 2 == 0, 32_767 * 128 * min(block, inputs) < Int(Int32.max),
            inputs % 16 == 0, outputs % Self.panelWidth == 0
        else { return nil }
        return min(block, inputs)
    }

    /// Where an int8 panel's values for input channel `channel` begin.
    func int8Values(panel: Int, channel: Int) -> UnsafeRawPointer {
        bytes + panel * panelBytes + channel * taps * Self.panelWidth
    }

    /// Writes an int8 panel's scales for a range of blocks as floats `[blocks.count][16]`.
    func widenScales(panel: Int, blocks: Range<Int>, into out: UnsafeMutablePointer<Float>, with kernels: KernelTable) {
        let scales = bytes + panel * panelBytes + inputs * taps * Self.panelWidth
        kernels.convertFloat16(
            scales + blocks.lowerBound * Self.panelWidth * 2, blocks.count * Self.panelWidth, out)
    }

    /// Writes the panel's weights for a range of input channels as floats `[taps][channels.count][16]`.
    func widen(panel: Int, channels: Range<Int>, into out: UnsafeMutablePointer<Float>, with kernels: KernelTable) {
        let base = bytes + panel * panelBytes
        let tapStride = channels.count * Self.panelWidth
        switch storage {
        case .float16:
            let source = base + channels.lowerBound * taps * Self.panelWidth * 2
            kernels.widenFloat16(source, channels.count, taps, out, tapStride)
        case .int8(let block):
            let scales = base + inputs * taps * Self.panelWidth
            var channel = channels.lowerBound
            while channel < channels.upperBound {
                let end = min(channels.upperBound, (channel / block + 1) * block)
                kernels.widenInt8(
                    base + channel * taps * Self.panelWidth, end - channel, taps,
                    scales + channel / block * Self.panelWidth * 2,
                    out + (channel - channels.lowerBound) * Self.panelWidth, tapStride)
                channel = end
            }
        }
    }
}
