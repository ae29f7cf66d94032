extension Compute {
    /// `x · weightsᵀ + bias`: `[..., inputs]` → `[..., outputs]`.
    package func linear(_ x: Tensor, _ weights: WeightMatrix, bias: Tensor? = nil) throws -> Tensor {
        let out = try tensor(Array(x.shape.dropLast()) + [weights.outputs])
        try linear(x, weights, bias: bias, into: out, accumulate: false)
        return out
    }

    /// `residual += x · weightsᵀ + bias`, in place.
    package func linear(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor? = nil, addingTo residual: Tensor
    ) throws {
        try linear(x, weights, bias: bias, into: residual, accumulate: true)
    }

    private func linear(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor?, into out: Tensor, accumulate: Bool
    ) throws {
        try checkCancellation()
        precondition(x.channels == weights.inputs && weights.taps == 1, "\(x.shape) × \(weights.inputs) inputs")
        precondition(out.rows == x.rows && out.channels == weights.outputs)
        let block = arithmetic == .mixed ? weights.integerBlock : nil
        let name = "linear, \(x.rows) rows, \(block == nil ? "float" : "integer")"
        let lowRanks = try lowRankProducts(weights, rows: x.rows)
        let productBytes = block.map { integerScratchBytes(weights, block: $0) } ?? matrixScratchBytes(weights)
        let scratch = try scratch(max(productBytes, scratchBytes(lowRanks)))
        perform(name, products: x.rows * weights.inputs * weights.outputs) {
            weights.residence?.begin()
            defer { weights.residence?.end() }
            let (input, inputs) = (UnsafePointer(x.pointer), weights.inputs)
            let inputRow = { (row: Int, _: Int) in input + row * inputs }
            begin(lowRanks, rows: x.rows, scratch: scratch, inputRow: inputRow)
            if let block {
                integerProduct(
                    weights, block: block, bias: bias, into: out, accumulate: accumulate, adding: lowRanks,
                    scratch: scratch, inputRow: inputRow)
            } else {
                matrixProduct(
                    weights, bias: bias, into: out, accumulate: accumulate, adding: lowRanks, scratch: scratch,
                    inputRow: inputRow)
            }
        }
        try check(out, of: weights.name)
    }
}
