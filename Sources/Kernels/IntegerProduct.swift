/// Linear layers with int8 weights: activations become int16 with one scale per row, products are summed exactly in
/// int32 within each block of weights, and blocks are added up in float32.
extension Compute {
    /// Channels that are widened and multiplied at a time.
    private static let slabChannels = 512
    static let largestInt16: Float = 32_767

    func integerProduct(
        _ x: Tensor, _ weights: WeightMatrix, block: Int, bias: Tensor?, into out: Tensor, accumulate: Bool
    ) {
        forEachBlock(rows: out.rows, panels: weights.panels) { rows, panels in
            integerBlock(
                x, weights, block: block, bias: bias, into: out, accumulate: accumulate, rows: rows, panels: panels)
        }
    }

    private func integerBlock(
        _ x: Tensor, _ weights: WeightMatrix, block: Int, bias: Tensor?, into out: Tensor, accumulate: Bool,
        rows: Range<Int>, panels: Range<Int>
    ) {
        let width = WeightMatrix.panelWidth
        let (inputs, outputs) = (weights.inputs, weights.outputs)
        let step = min(inputs, max(1, Self.slabChannels / block) * block)
        let paddedRows = rows.count + Self.tileRows
        let activations = tensor([paddedRows * step / 2 + 1])
        let slab = tensor([step * width / 2])
        let scales = tensor([2 * paddedRows])
        let columnScaleMemory = tensor([(step + block - 1) / block * width])
        let a16 = UnsafeMutableRawPointer(activations.pointer).assumingMemoryBound(to: Int16.self)
        let b16 = UnsafeMutableRawPointer(slab.pointer).assumingMemoryBound(to: Int16.self)
        let (rowScales, factors) = (scales.pointer, scales.pointer + paddedRows)
        for (r, row) in rows.enumerated() {
            let largest = max(kernels.largestMagnitude(x.pointer + row * inputs, inputs), .leastNormalMagnitude)
            rowScales[r] = largest / Self.largestInt16
            factors[r] = Self.largestInt16 / largest
        }
        for first in stride(from: 0, to: inputs, by: step) {
            let count = min(step, inputs - first)
            for (r, row) in rows.enumerated() {
                kernels.quantize(x.pointer + row * inputs + first, count, factors[r], a16 + r * count)
            }
            for panel in panels {
                kernels.widenPairs(weights.int8Values(panel: panel, channel: first), count, b16)
                columnScales(
                    weights, panel: panel, channels: first..<first + count, block: block, depth: block,
                    into: columnScaleMemory.pointer)
                for r in stride(from: 0, to: rows.count, by: Self.tileRows) {
                    integerTile(
                        rows: min(Self.tileRows, rows.count - r), channels: count, depth: block, a16 + r * count,
                        stride: count, panel: b16, columnScales: columnScaleMemory.pointer, rowScales: rowScales + r,
                        out.pointer + (rows.lowerBound + r) * outputs + panel * width, outStride: outputs,
                        accumulate: accumulate || first > 0)
                }
            }
        }
        if let bias {
            let first = panels.lowerBound * width
            for row in rows {
                addBias(bias.pointer + first, panels.count * width, to: out.pointer + row * outputs + first)
            }
        }
    }

    /// Writes the scales of a panel's columns for every `depth` channels, `[channels / depth rounded up][16]`; `depth`
    /// divides `block`, and `channels` begin with a block.
    func columnScales(
        _ weights: WeightMatrix, panel: Int, channels: Range<Int>, block: Int, depth: Int,
        into scales: UnsafeMutablePointer<Float>
    ) {
        let width = WeightMatrix.panelWidth
        let blocks = channels.lowerBound / block..<(channels.upperBound + block - 1) / block
        weights.widenScales(panel: panel, blocks: blocks, into: scales, with: kernels)
        let parts = block / depth
        guard parts > 1 else { return }
        for i in stride(from: (channels.count + depth - 1) / depth - 1, to: 0, by: -1) {
            (scales + i * width).update(from: scales + i / parts * width, count: width)
        }
    }

    /// One register tile over `channels` channels, summed in int32 `depth` at a time.
    func integerTile(
        rows: Int, channels: Int, depth: Int, _ a: UnsafePointer<Int16>, stride: Int, panel: UnsafePointer<Int16>,
        columnScales: UnsafePointer<Float>, rowScales: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
        outStride: Int, accumulate: Bool
    ) {
        let sums = channels / depth
        if sums > 0 {
            kernels.tileInt16(
                rows, sums, depth / 2, a, stride, panel, columnScales, rowScales, out, outStride, accumulate)
        }
        let done = sums * depth
        if done < channels {
            let width = WeightMatrix.panelWidth
            kernels.tileInt16(
                rows, 1, (channels - done) / 2, a + done, stride, panel + done * width, columnScales + sums * width,
                rowScales, out, outStride, accumulate || sums > 0)
        }
    }
}
