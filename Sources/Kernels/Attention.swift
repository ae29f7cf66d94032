extension Compute {
    private static let queryBlock = 48
    private static let keyBlock = 128

    /// softmax(Q·Kᵀ/√d)·V per head, tile by tile with a running maximum and sum (Milakov & Gimelshein 2018; Rabe &
    /// Staats 2021): no tokens × tokens matrix exists.
    /// - Parameters:
    ///   - query: `[batch, ..., heads·d]`, tokens in the middle; key, value: `[batch, ..., heads·d]`, keys in the middle
    ///   - causal: a token attends to itself and those before it only
    /// - Returns: a tensor of the query's shape
    public func attention(
        query: Tensor, key: Tensor, value: Tensor, heads: Int, causal: Bool = false
    ) throws(CancellationError) -> Tensor {
        try checkCancellation()
        let (batch, width) = (query.shape[0], query.channels)
        let (tokens, keys) = (query.rows / batch, key.rows / batch)
        let d = width / heads
        precondition(d * heads == width && key.shape == value.shape && key.channels == width)
        let out = tensor(query.shape)
        traced("attention, \(tokens)×\(keys)", products: 2 * batch * tokens * keys * width) {
            let packed = PackedKeysAndValues(key: key, value: value, heads: heads, compute: self)
            let blocks = (tokens + Self.queryBlock - 1) / Self.queryBlock
            pool.forEach(batch * heads * blocks) { chunk in
                let (head, block) = chunk.quotientAndRemainder(dividingBy: blocks)
                let first = block * Self.queryBlock
                let offset = (head / heads * tokens + first) * width + head % heads * d
                attend(
                    query.pointer + offset, rows: min(Self.queryBlock, tokens - first), firstRow: first, stride: width,
                    packed: packed, head: head, keys: keys, causal: causal, out: out.pointer + offset)
            }
        }
        return out
    }

    private func attend(
        _ query: UnsafePointer<Float>, rows: Int, firstRow: Int, stride: Int, packed: PackedKeysAndValues, head: Int,
        keys: Int, causal: Bool, out: UnsafeMutablePointer<Float>
    ) {
        let (d, paddedWidth) = (packed.d, packed.paddedWidth)
        let (queryBlock, keyBlock) = (Self.queryBlock, Self.keyBlock)
        let scratchCount = queryBlock * (d + keyBlock + paddedWidth + 2)
        withUnsafeTemporaryAllocation(byteCount: scratchCount * 4 + 64, alignment: 64) { scratch in
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: queryBlock * 2) { pointers in
            let scores = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
            let sums = scores + queryBlock * keyBlock
            let scaled = sums + queryBlock * paddedWidth
            let maxima = scaled + queryBlock * d
            let totals = maxima + queryBlock
            let queryRows = pointers.baseAddress!
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
                            6, 1, d, queryRows + r, 0, panel, scores + r * keyBlock + column, keyBlock, false)
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
                            6, 1, count, scoreRows + r, 0, panel, sums + r * paddedWidth + column, paddedWidth, true)
                    }
                }
            }
            for r in 0..<rows {
                let inverse = 1 / totals[r]
                for i in 0..<d { out[r * stride + i] = sums[r * paddedWidth + i] * inverse }
            }
        }
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

/// Keys as panels `[keys/16][d][16]` and values as panels `[padded d/16][keys][16]`, per batch and head.
private final class PackedKeysAndValues {
    let d: Int
    let paddedWidth: Int
    private let paddedKeys: Int
    private let keyPanels: Tensor
    private let valuePanels: Tensor

    init(key: Tensor, value: Tensor, heads: Int, compute: Compute) {
        let (batch, width) = (key.shape[0], key.channels)
        let keys = key.rows / batch
        let d = width / heads
        let paddedWidth = (d + 15) / 16 * 16
        let paddedKeys = (keys + 15) / 16 * 16
        let keyPanels = compute.tensor([batch * heads, paddedKeys, d])
        let valuePanels = compute.tensor([batch * heads, paddedWidth, paddedKeys])
        compute.pool.forEach(batch * heads) { head in
            let source = head / heads * keys * width + head % heads * d
            let k = keyPanels.pointer + head * paddedKeys * d
            let v = valuePanels.pointer + head * paddedWidth * paddedKeys
            for j in 0..<paddedKeys {
                let row = key.pointer + source + min(j, keys - 1) * width
                let panel = k + j / 16 * 16 * d + j % 16
                for i in 0..<d { panel[i * 16] = row[i] }
            }
            for j in 0..<paddedKeys {
                let row = value.pointer + source + min(j, keys - 1) * width
                for i in 0..<paddedWidth { v[(i / 16 * paddedKeys + j) * 16 + i % 16] = i < d ? row[i] : 0 }
            }
        }
        self.d = d
        self.paddedWidth = paddedWidth
        self.paddedKeys = paddedKeys
        self.keyPanels = keyPanels
        self.valuePanels = valuePanels
    }

    func keyPanel(head: Int, key: Int) -> UnsafePointer<Float> {
        UnsafePointer(keyPanels.pointer) + (head * paddedKeys + key) * d
    }

    func valuePanel(head: Int, key: Int, column: Int) -> UnsafePointer<Float> {
        UnsafePointer(valuePanels.pointer) + head * paddedWidth * paddedKeys + column * paddedKeys + key * 16
    }
}
