/// The product that linear layers and convolutions share: every output row is a sum, over taps, of an input row times
/// that tap's weights. What a tap's input row is, the caller says (an indirection, as in XNNPACK's IGEMM), so padding,
/// strides and upsampling cost no copy of the input.
extension Compute {
    /// Rows of one block; their inputs stay in the second-level cache while the panels pass by.
    static let rowBlock = 192
    /// Floats of one widened slab of a panel.
    private static let slabSize = 9216
    /// Rows of the register tile.
    static let tileRows = 6
    private static let fewestBlocks = 16

    /// `out[row] (+)= Σ_tap inputRow(row, tap) · weightsᵀ (+ bias)` for every row of `out` `[rows, outputs]`.
    /// - Parameters:
    ///   - accumulate: adds to what is in `out` (a residual)
    ///   - lowRanks: adds these too, which have begun
    ///   - scratch: as large as `matrixScratchBytes(weights)`
    func matrixProduct(
        _ weights: WeightMatrix, bias: Tensor?, into out: Tensor, accumulate: Bool,
        adding lowRanks: [LowRankProduct] = [], scratch: Scratch,
        inputRow: (_ row: Int, _ tap: Int) -> UnsafePointer<Float>
    ) {
        forEachBlock(rows: out.rows, panels: weights.panels) { rows, panels, worker in
            let target =
                out.pointer + rows.lowerBound * weights.outputs + panels.lowerBound * WeightMatrix.panelWidth
            productBlock(
                weights, bias: bias, rows: rows, panels: panels, inputRow: inputRow, scratch[worker], target,
                outStride: weights.outputs, accumulate: accumulate)
            add(lowRanks, rows: rows, panels: panels, scratch[worker], to: target, outStride: weights.outputs)
        }
    }

    /// What `matrixProduct` works in.
    func matrixScratchBytes(_ weights: WeightMatrix) -> Int {
        (channelStep(weights) * weights.taps + Self.tileRows) * kernels.tileColumns * MemoryLayout<Float>.stride
            + Self.rowBlock * weights.taps * MemoryLayout<UnsafePointer<Float>>.stride
    }

    /// Channels that are widened and multiplied at a time.
    private func channelStep(_ weights: WeightMatrix) -> Int {
        let width = WeightMatrix.panelWidth
        return max(width, Self.slabSize / (kernels.tileColumns * weights.taps) / width * width)
    }

    /// Cuts a product into blocks of rows and, where these are too few to keep all threads busy, groups of panels, of
    /// whole tiles but for the last.
    func forEachBlock(
        rows: Int, panels: Int, _ body: (_ rows: Range<Int>, _ panels: Range<Int>, _ worker: Int) -> Void
    ) {
        let rowBlocks = (rows + Self.rowBlock - 1) / Self.rowBlock
        let tiles = (panels + kernels.tilePanels - 1) / kernels.tilePanels
        let groups = min(tiles, (Self.fewestBlocks + rowBlocks - 1) / rowBlocks)
        pool.forEach(rowBlocks * groups) { block, worker in
            let firstRow = block / groups * Self.rowBlock
            let group = block % groups
            body(
                firstRow..<min(rows, firstRow + Self.rowBlock),
                group * tiles / groups
                    * kernels.tilePanels..<min(panels, (group + 1) * tiles / groups * kernels.tilePanels),
                worker)
        }
    }

    /// - Parameter out: where the first of `rows` and of `panels` goes
    func productBlock(
        _ weights: WeightMatrix, bias: Tensor?, rows: Range<Int>, panels: Range<Int>,
        inputRow: (Int, Int) -> UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer,
        _ out: UnsafeMutablePointer<Float>, outStride: Int, accumulate: Bool
    ) {
        let (width, panelWidth) = (kernels.tileColumns, WeightMatrix.panelWidth)
        let tiles = (rows.count + Self.tileRows - 1) / Self.tileRows
        let channelStep = channelStep(weights)
        let slab = scratch.assumingMemoryBound(to: Float.self)
        let edge = slab + channelStep * weights.taps * width
        let pointers = UnsafeMutableRawPointer(edge + Self.tileRows * width)
            .assumingMemoryBound(to: UnsafePointer<Float>.self)
        fillPointers(pointers, rows: rows, taps: weights.taps, inputRow: inputRow)
        for channel in stride(from: 0, to: weights.inputs, by: channelStep) {
            let channels = channel..<min(weights.inputs, channel + channelStep)
            let adding = accumulate || channel > 0
            for panel in stride(from: panels.lowerBound, to: panels.upperBound, by: kernels.tilePanels) {
                weights.widen(tile: panel, channels: channels, into: slab, with: kernels)
                let columns = min(
                    width, (panels.upperBound - panel) * panelWidth, weights.outputs - panel * panelWidth)
                let tileBias = channel == 0 ? bias.map { UnsafePointer($0.pointer + panel * panelWidth) } : nil
                for t in 0..<tiles {
                    let tileRows = min(Self.tileRows, rows.count - t * Self.tileRows)
                    let target = out + t * Self.tileRows * outStride + (panel - panels.lowerBound) * panelWidth
                    let inputs = UnsafePointer(pointers) + t * weights.taps * Self.tileRows
                    if columns == width {
                        kernels.tile(
                            tileRows, weights.taps, channels.count, inputs, channel, slab, target, outStride, adding,
                            tileBias)
                        continue
                    }
                    kernels.tile(
                        tileRows, weights.taps, channels.count, inputs, channel, slab, edge, width, false, tileBias)
                    for r in 0..<tileRows {
                        for c in 0..<columns {
                            let sum = edge[r * width + c]
                            target[r * outStride + c] = adding ? target[r * outStride + c] + sum : sum
                        }
                    }
                }
            }
        }
    }

    /// Six row pointers per tile and tap; a tile's missing rows repeat its last.
    private func fillPointers(
        _ pointers: UnsafeMutablePointer<UnsafePointer<Float>>, rows: Range<Int>, taps: Int,
        inputRow: (Int, Int) -> UnsafePointer<Float>
    ) {
        var next = pointers
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.tileRows) {
            for tap in 0..<taps {
                for r in 0..<Self.tileRows { next[r] = inputRow(min(row + r, rows.upperBound - 1), tap) }
                next += Self.tileRows
            }
        }
    }
}
