/// Sees to it that weights are in memory while an operation uses them.
package protocol WeightResidence: AnyObject, Sendable {
    func begin()
    func end()
}

/// The weights of a linear layer or a convolution, left where they lie (in the mapped file).
///
/// Panels of 16 output channels: for each input channel, for each tap, 16 values, one per output channel. An int8
/// panel ends with its scales: 16 half floats for every `block` input channels.
package struct WeightMatrix: @unchecked Sendable {
    package enum Storage: Sendable, Equatable {
        case float16
        case int8(block: Int)
    }
    /// What the layer is called.
    package let name: String
    package let outputs: Int
    package let inputs: Int
    package let taps: Int
    package let storage: Storage
    let bytes: UnsafeRawPointer
    private let owner: AnyObject
    let residence: (any WeightResidence)?

    static let panelWidth = 16

    /// - Parameters:
    ///   - owner: keeps `bytes` alive
    ///   - residence: told of every use
    package init(
        name: String, outputs: Int, inputs: Int, taps: Int, storage: Storage, bytes: UnsafeRawBufferPointer,
        owner: AnyObject,
        residence: (any WeightResidence)? = nil
    ) {
        self.name = name
        self.outputs = outputs
        self.inputs = inputs
        self.taps = taps
        self.storage = storage
        self.owner = owner
        self.residence = residence
        self.bytes = bytes.baseAddress!
        precondition(bytes.count >= panels * panelBytes, "\(bytes.count) bytes for \(panels) panels of \(panelBytes)")
    }

    /// float16 panels in memory of their own.
    package init(name: String, outputs: Int, inputs: Int, taps: Int, float16 panels: [UInt8]) {
        let memory = Tensor([(panels.count + 3) / 4])
        let bytes = UnsafeMutableRawBufferPointer(start: memory.pointer, count: panels.count)
        bytes.copyBytes(from: panels)
        self.init(
            name: name, outputs: outputs, inputs: inputs, taps: taps, storage: .float16,
            bytes: UnsafeRawBufferPointer(bytes), owner: memory)
    }

    /// The same weights, all taps of an input channel side by side, for a convolution whose kernels do not overlap: a row
    /// is then a patch of the picture, channel by channel.
    package var flattened: WeightMatrix {
        let storage: Storage =
            switch storage {
            case .float16: .float16
            case .int8(let block): .int8(block: block * taps)
            }
        return WeightMatrix(
            name: name, outputs: outputs, inputs: inputs * taps, taps: 1, storage: storage,
            bytes: UnsafeRawBufferPointer(start: bytes, count: panels * panelBytes), owner: owner, residence: residence)
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

    /// Writes the scales of the panels that a tile spans, for a range of blocks, as floats `[blocks.count][tileColumns]`.
    func widenScales(
        tile panel: Int, blocks: Range<Int>, into out: UnsafeMutablePointer<Float>, with kernels: KernelTable
    ) {
        let width = Self.panelWidth
        forEachPanel(tile: panel, kernels) { panel, column in
            let scales = bytes + panel * panelBytes + inputs * taps * width
            for (i, block) in blocks.enumerated() {
                kernels.convertFloat16(scales + block * width * 2, width, out + i * kernels.tileColumns + column)
            }
        }
    }

    /// Writes a tap's int8 weights of the panels that a tile spans, for a range of input channels, as pairs
    /// `[channels.count / 2][tileColumns][2]`.
    func widenPairs(
        tile panel: Int, tap: Int, channels: Range<Int>, into out: UnsafeMutablePointer<Int16>,
        with kernels: KernelTable
    ) {
        let width = Self.panelWidth
        forEachPanel(tile: panel, kernels) { panel, column in
            kernels.widenPairs(
                int8Values(panel: panel, channel: channels.lowerBound) + tap * width, taps * width, channels.count,
                out + 2 * column, 2 * kernels.tileColumns)
        }
    }

    /// Writes weights of the panels that a tile spans, for a range of input channels, as floats
    /// `[taps][channels.count][tileColumns]`.
    func widen(tile panel: Int, channels: Range<Int>, into out: UnsafeMutablePointer<Float>, with kernels: KernelTable)
    {
        let (width, columns) = (Self.panelWidth, kernels.tileColumns)
        let tapStride = channels.count * columns
        forEachPanel(tile: panel, kernels) { panel, column in
            let base = bytes + panel * panelBytes
            switch storage {
            case .float16:
                kernels.widenFloat16(
                    base + channels.lowerBound * taps * width * 2, channels.count, taps, out + column, columns,
                    tapStride)
            case .int8(let block):
                let scales = base + inputs * taps * width
                var channel = channels.lowerBound
                while channel < channels.upperBound {
                    let end = min(channels.upperBound, (channel / block + 1) * block)
                    kernels.widenInt8(
                        base + channel * taps * width, end - channel, taps, scales + channel / block * width * 2,
                        out + (channel - channels.lowerBound) * columns + column, columns, tapStride)
                    channel = end
                }
            }
        }
    }

    /// The panels that a tile from `panel` on spans, and where their columns begin. Where there is none left, the last
    /// is there again.
    func forEachPanel(tile panel: Int, _ kernels: KernelTable, _ body: (_ panel: Int, _ column: Int) -> Void) {
        for i in 0..<kernels.tilePanels { body(min(panel + i, panels - 1), i * Self.panelWidth) }
    }
}
