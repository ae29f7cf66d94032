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
    /// - Parameter accumulate: adds to what is in `out` (a residual).
    func matrixProduct(
        _ weights: WeightMatrix, bias: Tensor?, into out: Tensor, accumulate: Bool,
        inputRow: (_ row: Int, _ tap: Int) -> UnsafePointer<Float>
    ) {
        forEachBlock(rows: out.rows, panels: weights.panels) { rows, panels in
            productBlock(
                weights, bias: bias, into: out, accumulate: accumulate, rows: rows, panels: panels, inputRow: inputRow)
        }
    }

    /// Cuts a product into blocks of rows and, where these are too few to keep all threads busy, groups of panels.
    func forEachBlock(rows: Int, panels: Int, _ body: (_ rows: Range<Int>, _ panels: Range<Int>) -> Void) {
        let rowBlocks = (rows + Self.rowBlock - 1) / Self.rowBlock
        let groups = min(panels, (Self.fewestBlocks + rowBlocks - 1) / rowBlocks)
        pool.forEach(rowBlocks * groups) { block, _ in
            let firstRow = block / groups * Self.rowBlock
            let group = block % groups
            body(firstRow..<min(rows, firstRow + Self.rowBlock), group * panels / groups..<(group + 1) * panels / groups)
        }
    }

    private func productBlock(
        _ weights: WeightMatrix, bias: Tensor?, into out: Tensor, accumulate: Bool, rows: Range<Int>,
        panels: Range<Int>, inputRow: (Int, Int) -> UnsafePointer<Float>
    ) {
        let width = WeightMatrix.panelWidth
        let tiles = (rows.count + Self.tileRows - 1) / Self.tileRows
        let channelStep = max(width, Self.slabSize / (width * weights.taps) / width * width)
        let pointerCount = tiles * weights.taps * Self.tileRows
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: pointerCount) { pointers in
        withUnsafeTemporaryAllocation(byteCount: (channelStep * weights.taps + Self.tileRows) * width * 4, alignment: 64) { scratch in
            let slab = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
            let edge = slab + channelStep * weights.taps * width
            fillPointers(pointers.baseAddress!, rows: rows, taps: weights.taps, inputRow: inputRow)
            var channel = 0
            while channel < weights.inputs {
                let channels = channel..<min(weights.inputs, channel + channelStep)
                let adding = accumulate || channel > 0
                for panel in panels {
                    weights.widen(panel: panel, channels: channels, into: slab, with: kernels)
                    let columns = min(width, weights.outputs - panel * width)
                    for t in 0..<tiles {
                        let row = rows.lowerBound + t * Self.tileRows
                        let tileRows = min(Self.tileRows, rows.upperBound - row)
                        let target = out.pointer + row * weights.outputs + panel * width
                        let inputs = UnsafePointer(pointers.baseAddress!) + t * weights.taps * Self.tileRows
                        if columns == width {
                            kernels.tile(
                                tileRows, weights.taps, channels.count, inputs, channel, slab, target,
                                weights.outputs, adding)
                        } else {
                            kernels.tile(
                                tileRows, weights.taps, channels.count, inputs, channel, slab, edge, width, false)
                            for r in 0..<tileRows {
                                for c in 0..<columns {
                                    let sum = edge[r * width + c]
                                    target[r * weights.outputs + c] = adding ? target[r * weights.outputs + c] + sum : sum
                                }
                            }
                        }
                    }
                }
                channel = channels.upperBound
            }
            if let bias {
                let first = panels.lowerBound * width
                let count = min(weights.outputs, panels.upperBound * width) - first
                for row in rows { addBias(bias.pointer + first, count, to: out.pointer + row * weights.outputs + first) }
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

    func addBias(_ bias: UnsafePointer<Float>, _ count: Int, to row: UnsafeMutablePointer<Float>) {
        let whole = count / 8 * 8
        kernels.add(bias, whole, row)
        for c in whole..<count { row[c] += bias[c] }
    }
}
