extension Compute {
    private static let queryBlock = 48
    private static let keyBlock = 128

    /// softmax(Q·Kᵀ/√d)·V per head, tile by tile with a running maximum and sum (Milakov & Gimelshein 2018; Rabe &
    /// Staats 2021): no tokens × tokens matrix exists.
    /// - Parameters:
    ///   - query: `[batch, ..., heads·d]`, tokens in the middle; the result replaces it
    ///   - causal: a token attends to itself and those before it only
    /// - Returns: `query`, overwritten: a block of queries is read whole before its result is written
    public func attention(
        query: Tensor, _ packed: KeysAndValues, causal: Bool = false
    ) throws(CancellationError) -> Tensor {
        try checkCancellation()
        let (batch, width) = (query.shape[0], query.channels)
        let (tokens, keys, heads, d) = (query.rows / batch, packed.keys, packed.heads, packed.d)
        precondition(d * heads == width && packed.batch == batch)
        let scratch = scratch(Self.scratchBytes(d: d, paddedWidth: packed.paddedWidth))
        perform("attention, \(tokens)×\(keys)", products: 2 * batch * tokens * keys * width) {
            let blocks = (tokens + Self.queryBlock - 1) / Self.queryBlock
            pool.forEach(batch * heads * blocks) { chunk, worker in
                let (head, block) = chunk.quotientAndRemainder(dividingBy: blocks)
                let first = block * Self.queryBlock
                let offset = (head / heads * tokens + first) * width + head % heads * d
                attend(
                    query.pointer + offset, rows: min(Self.queryBlock, tokens - first), firstRow: first, stride: width,
                    packed: packed, head: head, keys: keys, causal: causal, scratch: scratch[worker])
            }
        }
        return query
    }

    private static func scratchBytes(d: Int, paddedWidth: Int) -> Int {
        queryBlock * (keyBlock + paddedWidth + d + 2) * MemoryLayout<Float>.stride
            + queryBlock * 2 * MemoryLayout<UnsafePointer<Float>>.stride
    }

    private func attend(
        _ query: UnsafeMutablePointer<Float>, rows: Int, firstRow: Int, stride: Int, packed: KeysAndValues, head: Int, keys: Int,
        causal: Bool, scratch: UnsafeMutableRawPointer
    ) {
        let (d, paddedWidth) = (packed.d, packed.paddedWidth)
        let (queryBlock, keyBlock) = (Self.queryBlock, Self.keyBlock)
        let scores = scratch.assumingMemoryBound(to: Float.self)
        let sums = scores + queryBlock * keyBlock
        let scaled = sums + queryBlock * paddedWidth
        let maxima = scaled + queryBlock * d
        let totals = maxima + queryBlock
        let queryRows = UnsafeMutableRawPointer(totals + queryBlock)
            .assumingMemoryBound(to: UnsafePointer<Float>.self)
        let scoreRows = queryRows + queryBlock
        let factor = 1.442695040888963 / Float(d).squareRoot()  // log2(e)/√d: the softmax works in powers of two
        for r in 0..<queryBlock {
            let source = query + min(r, rows - 1) * stride
            for i in 0..<d { scaled[r * d + i] = source[i] * factor }
            queryRows[r] = UnsafePointer(scaled + r * d)
            scoreRows[r] = UnsafePointer(scores + r * keyBlock)
        }
        maxima.update(repeating: -.infinity, count: queryBlock)
        totals.update(repeating: 0, count: queryBlock)
        sums.update(repeating: 0, count: queryBlock * paddedWidth)
        let lastKey = causal ? min(keys, firstRow + rows) : keys
        for firstKey in Swift.stride(from: 0, to: lastKey, by: keyBlock) {
            let count = min(keyBlock, keys - firstKey)
            let columns = (count + 15) / 16 * 16
            for column in Swift.stride(from: 0, to: columns, by: 16) {
                let panel = packed.keyPanel(head: head, key: firstKey + column)
                for r in Swift.stride(from: 0, to: rows, by: 6) {
                    kernels.tile(
                        6, 1, d, queryRows + r, 0, panel, scores + r * keyBlock + column, keyBlock, false, nil)
                }
            }
            for r in 0..<rows {
                let row = scores + r * keyBlock
                let visible = causal ? max(0, min(count, firstRow + r + 1 - firstKey)) : count
                for i in visible..<columns { row[i] = -.infinity }
                softmaxStep(
                    row, columns, &maxima[r], &totals[r], sums + r * paddedWidth, paddedWidth)
            }
            for column in Swift.stride(from: 0, to: paddedWidth, by: 16) {
                let panel = packed.valuePanel(head: head, key: firstKey, column: column)
                for r in Swift.stride(from: 0, to: rows, by: 6) {
                    kernels.tile(
                        6, 1, count, scoreRows + r, 0, panel, sums + r * paddedWidth + column, paddedWidth, true, nil)
                }
            }
        }
        for r in 0..<rows {
            let inverse = 1 / totals[r]
            for i in 0..<d { query[r * stride + i] = sums[r * paddedWidth + i] * inverse }
        }
    }

    /// Turns a row of scores into weights relative to the running maximum, rescaling what was summed so far.
    private func softmaxStep(
        _ row: UnsafeMutablePointer<Float>, _ columns: Int, _ maximum: inout Float, _ total: inout Float,
        _ sums: UnsafeMutablePointer<Float>, _ width: Int
    ) {
        let newMaximum = max(maximum, kernels.rowMaximum(row, columns))
        if newMaximum == -.infinity { // nothing visible yet
            row.update(repeating: 0, count: columns)
            return
        }
        if newMaximum > maximum {
            if maximum > -.infinity {
                var correction = (maximum - newMaximum, Float(0), Float(0), Float(0), Float(0), Float(0), Float(0), Float(0))
                withUnsafeMutableBytes(of: &correction) { bytes in
                    let lanes = bytes.baseAddress!.assumingMemoryBound(to: Float.self)
                    _ = kernels.exponentials(lanes, 8, 0)
                    kernels.scale(sums, width, lanes[0], sums)
                    total *= lanes[0]
                }
            }
            maximum = newMaximum
        }
        total += kernels.exponentials(row, columns, maximum)
    }
}
