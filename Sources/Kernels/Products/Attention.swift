extension Compute {
    /// Groups of queries, a register tile's columns each, that read the same keys and values while these are in the cache.
    static let attentionGroups = 3
    /// Keys that are worked on together, a multiple of a panel's and of 2.
    static let keyBlock = 120

    /// softmax(Q·Kᵀ/√d)·V per head, tile by tile with a running maximum and sum (Milakov & Gimelshein 2018; Rabe &
    /// Staats 2021): no tokens × tokens matrix exists.
    /// Works in place on `query` and returns it: a block of queries is read whole before its result is written.
    /// - Parameters:
    ///   - query: `[batch, ..., heads·d]`, tokens in the middle
    ///   - packed: decides whether floats or integers are multiplied
    ///   - causal: a token attends to itself and those before it only
    package func attention(
        query: Tensor, _ packed: KeysAndValues, causal: Bool = false
    ) throws -> Tensor {
        try checkCancellation()
        let (batch, width) = (query.shape[0], query.channels)
        let (tokens, keys, heads, d) = (query.rows / batch, packed.keys, packed.heads, packed.d)
        precondition(d * heads == width && packed.batch == batch)
        let block = Self.attentionGroups * kernels.tileColumns
        let floats = kernels.tileColumns * (Self.keyBlock + 1) + block * (d + packed.paddedWidth + 2)
        let isInteger = packed.scales != nil
        let scratch = try scratch(
            isInteger ? integerAttentionBytes(packed) : floats * MemoryLayout<Float>.stride)
        let name = "attention, \(tokens)×\(keys), \(isInteger ? "integer" : "float")"
        perform(name, products: 2 * batch * tokens * keys * width) {
            let blocks = (tokens + block - 1) / block
            pool.forEach(batch * heads * blocks) { chunk, worker in
                let (head, index) = chunk.quotientAndRemainder(dividingBy: blocks)
                let first = index * block
                let offset = (head / heads * tokens + first) * width + head % heads * d
                let attend = isInteger ? attendInIntegers : self.attend
                attend(
                    query.pointer + offset, min(block, tokens - first), first, width, packed, head, causal,
                    scratch[worker].assumingMemoryBound(to: Float.self))
            }
        }
        try check(query, by: "attention")
        return query
    }

    private func attend(
        _ query: UnsafeMutablePointer<Float>, _ rows: Int, _ firstRow: Int, _ stride: Int, _ packed: KeysAndValues,
        _ head: Int, _ causal: Bool, _ scratch: UnsafeMutablePointer<Float>
    ) {
        let (d, paddedWidth, lanes) = (packed.d, packed.paddedWidth, kernels.tileColumns)
        let block = Self.attentionGroups * lanes
        let scores = scratch
        let factors = scores + Self.keyBlock * lanes
        let maxima = factors + lanes
        let totals = maxima + block
        let queries = totals + block
        let sums = queries + block * d
        let factor = Self.queryFactor(d)
        let groups = (rows + lanes - 1) / lanes
        for r in 0..<groups * lanes {
            let source = query + min(r, rows - 1) * stride
            let out = queries + r / lanes * lanes * d + r % lanes
            for i in 0..<d { out[i * lanes] = source[i] * factor }
        }
        maxima.update(repeating: -.infinity, count: block)
        totals.update(repeating: 0, count: block)
        sums.update(repeating: 0, count: block * paddedWidth)
        let lastKey = causal ? min(packed.keys, firstRow + rows) : packed.keys
        for firstKey in Swift.stride(from: 0, to: lastKey, by: Self.keyBlock) {
            let count = min(Self.keyBlock, lastKey - firstKey)
            let keys = packed.keyPanel(head: head, key: firstKey)
            let values = packed.valuePanel(head: head, key: firstKey)
            for group in 0..<groups {
                let first = group * lanes
                kernels.attentionScores(queries + first * d, keys, (count + 4) / 5, d, scores)
                if causal { hideLaterKeys(scores, count, ahead: firstKey - firstRow - first) }
                kernels.attentionWeights(scores, count, maxima + first, totals + first, factors)
                kernels.attentionSums(
                    scores, count, values, paddedWidth / 5, packed.paddedKeys * 5, factors, sums + first * paddedWidth)
            }
        }
        for r in 0..<rows {
            let inverse = 1 / totals[r]
            let source = sums + r / lanes * lanes * paddedWidth + r % lanes
            for i in 0..<d { query[r * stride + i] = source[i * lanes] * inverse }
        }
    }

    /// log2(e)/√d: the softmax works in powers of two.
    static func queryFactor(_ d: Int) -> Float { 1.442695040888963 / Float(d).squareRoot() }

    /// - Parameter ahead: the first key's position less the first query's
    func hideLaterKeys(_ scores: UnsafeMutablePointer<Float>, _ count: Int, ahead: Int) {
        let lanes = kernels.tileColumns
        for key in 0..<count {
            for r in 0..<max(0, min(lanes, ahead + key)) { scores[key * lanes + r] = -.infinity }
        }
    }
}
