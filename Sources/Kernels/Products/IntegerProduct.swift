/// `matrixProduct` with int8 weights: activations become int16 with one scale per row, products are summed exactly in
/// int32 within each block of weights, and blocks are added up in float32.
extension Compute {
    /// Values of a widened slab of a panel, which stays in the first-level cache.
    private static let slabSize = 10_240
    static let largestInt16: Float = 32_767

    /// - Parameters:
    ///   - block: of `weights.integerBlock`
    ///   - lowRanks: adds these too, which have begun
    ///   - scratch: as large as `integerScratchBytes(weights, block:)`
    func integerProduct(
        _ weights: WeightMatrix, block: Int, bias: Tensor?, into out: Tensor, accumulate: Bool,
        adding lowRanks: [LowRankProduct], scratch: Scratch, inputRow: (_ row: Int, _ tap: Int) -> UnsafePointer<Float>
    ) {
        forEachBlock(rows: out.rows, panels: weights.panels) { rows, panels, worker in
            let target =
                out.pointer + rows.lowerBound * weights.outputs + panels.lowerBound * WeightMatrix.panelWidth
            integerBlock(
                weights, block: block, bias: bias, rows: rows, panels: panels, inputRow: inputRow, scratch[worker],
                target, outStride: weights.outputs, accumulate: accumulate)
            add(lowRanks, rows: rows, panels: panels, scratch[worker], to: target, outStride: weights.outputs)
        }
    }

    /// What `integerProduct` works in.
    func integerScratchBytes(_ weights: WeightMatrix, block: Int) -> Int {
        let step = integerStep(weights, block: block)
        return IntegerScratch.floats(step: step, block: block, columns: kernels.tileColumns)
            * MemoryLayout<Float>.stride
            + (IntegerScratch.rows + kernels.tileColumns) * step * MemoryLayout<Int16>.stride
    }

    private func integerStep(_ weights: WeightMatrix, block: Int) -> Int {
        min(weights.inputs, max(1, Self.slabSize / kernels.tileColumns / block) * block)
    }

    /// - Parameter out: where the first of `rows` and of `panels` goes
    func integerBlock(
        _ weights: WeightMatrix, block: Int, bias: Tensor?, rows: Range<Int>, panels: Range<Int>,
        inputRow: (Int, Int) -> UnsafePointer<Float>, _ memory: UnsafeMutableRawPointer,
        _ out: UnsafeMutablePointer<Float>, outStride: Int, accumulate: Bool
    ) {
        let width = WeightMatrix.panelWidth
        let inputs = weights.inputs
        let step = integerStep(weights, block: block)
        let scratch = IntegerScratch(memory, step: step, block: block, columns: kernels.tileColumns)
        for tap in 0..<weights.taps {
            for (r, row) in rows.enumerated() {
                let largest = largestMagnitude(inputRow(row, tap), inputs)
                scratch.rowScales[r] = largest / Self.largestInt16
                scratch.factors[r] = Self.largestInt16 / largest
            }
            for first in stride(from: 0, to: inputs, by: step) {
                let channels = first..<min(inputs, first + step)
                for (r, row) in rows.enumerated() {
                    kernels.quantize(
                        inputRow(row, tap) + first, channels.count, scratch.factors[r],
                        scratch.activations + r * channels.count)
                }
                let isFirst = tap == 0 && first == 0
                for panel in stride(from: panels.lowerBound, to: panels.upperBound, by: kernels.tilePanels) {
                    weights.widenPairs(tile: panel, tap: tap, channels: channels, into: scratch.panel, with: kernels)
                    columnScales(
                        weights, tile: panel, channels: channels, block: block, depth: block, into: scratch.columnScales
                    )
                    let tileBias = isFirst ? bias.map { UnsafePointer($0.pointer + panel * width) } : nil
                    let columns = min(kernels.tileColumns, (panels.upperBound - panel) * width)
                    for r in stride(from: 0, to: rows.count, by: Self.tileRows) {
                        integerTile(
                            rows: min(Self.tileRows, rows.count - r), columns: columns, channels: channels.count,
                            depth: block, scratch.activations + r * channels.count, stride: channels.count,
                            panel: scratch.panel, columnScales: scratch.columnScales, rowScales: scratch.rowScales + r,
                            out + r * outStride + (panel - panels.lowerBound) * width, outStride: outStride,
                            accumulate: accumulate || !isFirst, bias: tileBias)
                    }
                }
            }
        }
    }

    /// Writes the scales of a tile's columns for every `depth` channels, `[channels / depth rounded up][tileColumns]`;
    /// `depth` divides `block`, and `channels` begin with a block.
    func columnScales(
        _ weights: WeightMatrix, tile panel: Int, channels: Range<Int>, block: Int, depth: Int,
        into scales: UnsafeMutablePointer<Float>
    ) {
        let width = kernels.tileColumns
        let blocks = channels.lowerBound / block..<(channels.upperBound + block - 1) / block
        weights.widenScales(tile: panel, blocks: blocks, into: scales, with: kernels)
        let parts = block / depth
        guard parts > 1 else { return }
        for i in stride(from: (channels.count + depth - 1) / depth - 1, to: 0, by: -1) {
            (scales + i * width).update(from: scales + i / parts * width, count: width)
        }
    }

    /// One register tile over `channels` channels, summed in int32 `depth` at a time.
    func integerTile(
        rows: Int, columns: Int, channels: Int, depth: Int, _ a: UnsafePointer<Int16>, stride: Int,
        panel: UnsafePointer<Int16>,
        columnScales: UnsafePointer<Float>, rowScales: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
        outStride: Int, accumulate: Bool, bias: UnsafePointer<Float>? = nil
    ) {
        let sums = channels / depth
        if sums > 0 {
            kernels.tileInt16(
                rows, columns, sums, depth / 2, a, stride, panel, columnScales, rowScales, out, outStride, accumulate,
                bias)
        }
        let done = sums * depth
        if done < channels {
            let width = kernels.tileColumns
            kernels.tileInt16(
                rows, columns, 1, (channels - done) / 2, a + done, stride, panel + done * width,
                columnScales + sums * width,
                rowScales, out, outStride, accumulate || sums > 0, sums > 0 ? nil : bias)
        }
    }
}

/// A worker's memory for one block of rows.
private struct IntegerScratch {
    let rowScales, factors, columnScales: UnsafeMutablePointer<Float>
    /// `[rows][step]`
    let activations: UnsafeMutablePointer<Int16>
    /// `[step / 2][tileColumns][2]`
    let panel: UnsafeMutablePointer<Int16>

    /// A register tile may read beyond the last row. A multiple of 16, so that what follows is aligned.
    static let rows = (Compute.rowBlock + Compute.tileRows + 15) / 16 * 16

    init(_ memory: UnsafeMutableRawPointer, step: Int, block: Int, columns: Int) {
        rowScales = memory.assumingMemoryBound(to: Float.self)
        factors = rowScales + Self.rows
        columnScales = factors + Self.rows
        let integers = rowScales + Self.floats(step: step, block: block, columns: columns)
        activations = UnsafeMutableRawPointer(integers).assumingMemoryBound(to: Int16.self)
        panel = activations + Self.rows * step
    }

    static func floats(step: Int, block: Int, columns: Int) -> Int {
        2 * rows + (step + block - 1) / block * columns
    }
}
