extension Compute {
    /// Panels of one half that are computed before they are gated: more quantise the input less often, fewer take less
    /// scratch memory.
    private static let gatedPanels = 8

    /// GEGLU (Shazeer 2020; diffusers models/activations.py): hidden · gelu(gate), where the first half of
    /// `x · weightsᵀ + bias` is hidden and the second the gate. `[..., inputs]` → `[..., outputs / 2]`; the product of
    /// twice that width never exists as a whole.
    package func gatedLinear(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor? = nil
    ) throws -> Tensor {
        let (width, panelWidth) = (weights.outputs / 2, WeightMatrix.panelWidth)
        // Halves that share a panel cannot be computed apart.
        if width % panelWidth != 0 { return try gatedGelu(linear(x, weights, bias: bias)) }
        try checkCancellation()
        precondition(x.channels == weights.inputs && weights.taps == 1, "\(x.shape) × \(weights.inputs) inputs")
        let out = try tensor(Array(x.shape.dropLast()) + [width])
        let block = arithmetic == .mixed ? weights.integerBlock : nil
        let halves = width / panelWidth
        let stride = Self.gatedPanels * panelWidth
        let tileCount = Self.rowBlock * stride
        let productBytes = block.map { integerScratchBytes(weights, block: $0) } ?? matrixScratchBytes(weights)
        let lowRanks = try lowRankProducts(weights, rows: x.rows)
        let scratch = try scratch(
            2 * tileCount * MemoryLayout<Float>.stride + max(productBytes, scratchBytes(lowRanks)))
        let name = "linear, gated, \(x.rows) rows, \(block == nil ? "float" : "integer")"
        perform(name, products: x.rows * weights.inputs * weights.outputs) {
            weights.residence?.begin()
            defer { weights.residence?.end() }
            let (input, inputs) = (UnsafePointer(x.pointer), weights.inputs)
            let inputRow = { (row: Int, _: Int) in input + row * inputs }
            begin(lowRanks, rows: x.rows, scratch: scratch, inputRow: inputRow)
            forEachBlock(rows: x.rows, panels: halves) { rows, group, worker in
                let hidden = scratch[worker].assumingMemoryBound(to: Float.self)
                let gate = hidden + tileCount
                let memory = UnsafeMutableRawPointer(gate + tileCount)
                for first in Swift.stride(from: group.lowerBound, to: group.upperBound, by: Self.gatedPanels) {
                    let panels = first..<min(group.upperBound, first + Self.gatedPanels)
                    for (target, offset) in [(hidden, 0), (gate, halves)] {
                        let panels = panels.lowerBound + offset..<panels.upperBound + offset
                        if let block {
                            integerBlock(
                                weights, block: block, bias: bias, rows: rows, panels: panels, inputRow: inputRow,
                                memory, target, outStride: stride, accumulate: false)
                        } else {
                            productBlock(
                                weights, bias: bias, rows: rows, panels: panels, inputRow: inputRow, memory, target,
                                outStride: stride, accumulate: false)
                        }
                        add(lowRanks, rows: rows, panels: panels, memory, to: target, outStride: stride)
                    }
                    for (r, row) in rows.enumerated() {
                        kernels.gatedGelu(
                            hidden + r * stride, gate + r * stride, out.pointer + row * width + first * panelWidth,
                            panels.count * panelWidth)
                    }
                }
            }
        }
        try check(out, of: weights.name)
        return out
    }
}
