/// What a LoRA adds to the weights of a layer (Hu et al. 2021, arXiv 2106.09685): scale · up · down. It is computed beside
/// the layer's own product, in float32, since weights that were rounded to int8 have no room for it.
package struct LowRank: Sendable {
    /// `[rank, inputs]`; of a convolution, with its kernel.
    let down: WeightMatrix
    /// `[outputs, rank]`
    let up: WeightMatrix
    package var scale: Float

    package init(down: WeightMatrix, up: WeightMatrix, scale: Float) {
        precondition(down.outputs == up.inputs && up.taps == 1)
        self.down = down
        self.up = up
        self.scale = scale
    }
}

/// A low-rank product at work.
struct LowRankProduct {
    let matrices: LowRank
    /// scale · input · downᵀ, `[rows, rank]`
    let hidden: Tensor
}

extension Compute {
    private static let scaledAtATime = 65_536

    /// Does `work` with these added to layers, by the name of their weights, and nothing else.
    package func adding<Result>(
        _ lowRanks: [String: [LowRank]], _ work: () throws -> Result
    ) rethrows -> Result {
        var run = Run.current
        run.lowRanks = lowRanks
        return try during(run, work)
    }

    /// What this run adds to the product with `weights`.
    /// - Parameter rows: of the input, at most
    func lowRankProducts(_ weights: WeightMatrix, rows: Int) throws(MachineError) -> [LowRankProduct] {
        var products: [LowRankProduct] = []
        for matrices in Run.current.lowRanks[weights.name] ?? [] {
            let (down, up) = (matrices.down, matrices.up)
            precondition(down.inputs == weights.inputs && down.taps == weights.taps && up.outputs == weights.outputs)
            products.append(LowRankProduct(matrices: matrices, hidden: try tensor([rows, down.outputs])))
        }
        return products
    }

    /// What the products work in, besides what the layer's own does.
    func scratchBytes(_ products: [LowRankProduct]) -> Int {
        products.reduce(0) {
            max($0, matrixScratchBytes($1.matrices.down), matrixScratchBytes($1.matrices.up))
        }
    }

    /// Computes what is hidden of `rows` rows, which comes before `add`.
    func begin(
        _ products: [LowRankProduct], rows: Int, scratch: Scratch,
        inputRow: (_ row: Int, _ tap: Int) -> UnsafePointer<Float>
    ) {
        for product in products {
            let hidden = product.hidden.rows(0..<rows)
            matrixProduct(
                product.matrices.down, bias: nil, into: hidden, accumulate: false, scratch: scratch, inputRow: inputRow)
            let (values, scale) = (hidden.pointer, product.matrices.scale)
            forEachRange(hidden.count, chunk: Self.scaledAtATime) { for i in $0 { values[i] *= scale } }
        }
    }

    /// Adds the products to a block of the layer's own.
    /// - Parameter out: where the first of `rows` and of `panels` lies
    func add(
        _ products: [LowRankProduct], rows: Range<Int>, panels: Range<Int>, _ scratch: UnsafeMutableRawPointer,
        to out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        for product in products {
            let (hidden, rank) = (UnsafePointer(product.hidden.pointer), product.hidden.channels)
            productBlock(
                product.matrices.up, bias: nil, rows: rows, panels: panels, inputRow: { row, _ in hidden + row * rank },
                scratch, out, outStride: outStride, accumulate: true)
        }
    }

    /// Adds the products to the whole of the layer's own, `[rows, outputs]`.
    func add(_ products: [LowRankProduct], to out: Tensor, scratch: Scratch) {
        for product in products {
            let (hidden, rank) = (UnsafePointer(product.hidden.pointer), product.hidden.channels)
            matrixProduct(
                product.matrices.up, bias: nil, into: out, accumulate: true, scratch: scratch,
                inputRow: { row, _ in hidden + row * rank })
        }
    }
}
