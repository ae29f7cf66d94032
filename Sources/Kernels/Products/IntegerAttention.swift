/// What int16 keys and values stand for, `[batch · heads]` each. NaN or infinity in a head makes its scale so.
struct IntegerScales {
    let keys: Tensor
    let values: Tensor
    /// The largest Euclidean norm of a head's rounded keys: it bounds every sum of products with them.
    let keyNorms: Tensor
}

/// Attention in int16: keys as panels `[keys/5][d/2][5][2]` and values as panels `[padded d/5][keys/2][5][2]`, in the memory
/// of half as many floats.
extension Compute {
    /// 13 bits for keys, so that 15 of a query's are left in a sum over 40 channels. Values have 10, since 120 of them (a
    /// block of keys) times weights of 15 bits have to fit into int32: 120 · 32767 · 511 < 2^31.
    private static let largestKey: Float = 8191
    private static let largestValue: Float = 511

    /// Whether products with these weights are of integers.
    package func multipliesIntegers(_ weights: WeightMatrix) -> Bool {
        arithmetic == .mixed && weights.integerBlock != nil
    }

    func integerKeysAndValues(
        heads: Int, key: () throws -> Tensor, value: () throws -> Tensor
    ) throws -> KeysAndValues {
        let key = try key()
        precondition(key.channels % heads == 0)
        let (batch, d) = (key.shape[0], key.channels / heads)
        let keys = key.rows / batch
        let paddedKeys = (keys + 9) / 10 * 10
        let scales = IntegerScales(
            keys: try tensor([batch * heads]), values: try tensor([batch * heads]),
            keyNorms: try tensor([batch * heads]))
        let keyPanels = try tensor([batch * heads, paddedKeys, (d + 1) / 2])
        try packIntegerKeys(key, into: keyPanels, scales)
        let (shape, value) = (key.shape, try value())
        precondition(value.shape == shape, "values \(value.shape), keys \(shape)")
        let valuePanels = try tensor([batch * heads, (d + 4) / 5 * 5, paddedKeys / 2])
        try packIntegerValues(value, into: valuePanels, scales)
        return KeysAndValues(
            keyPanels: keyPanels, valuePanels: valuePanels, scales: scales, batch: batch, heads: heads, keys: keys,
            d: d)
    }

    /// The largest magnitude among a head's rows, NaN if there is one, and at least what can be divided by.
    private func largestMagnitude(_ rows: UnsafePointer<Float>, _ count: Int, _ stride: Int, _ d: Int) -> Float {
        // As bits magnitudes are in order, and NaN comes last.
        let bits = (0..<count).reduce(0) { max($0, largestMagnitude(rows + $1 * stride, d).bitPattern) }
        return Float(bitPattern: bits)
    }

    private func packIntegerKeys(_ key: Tensor, into panels: Tensor, _ scales: IntegerScales) throws {
        let (batch, paddedKeys, pairs) = (key.shape[0], panels.shape[1], panels.shape[2])
        let heads = panels.shape[0] / batch
        let (keys, width, d) = (key.rows / batch, key.channels, key.channels / heads)
        let scratch = try scratch(2 * pairs * MemoryLayout<Int16>.stride)
        perform("pack keys") {
            pool.forEach(batch * heads) { head, worker in
                let source = key.pointer + head / heads * keys * width + head % heads * d
                let largest = largestMagnitude(source, keys, width, d)
                let out = UnsafeMutableRawPointer(panels.pointer + head * paddedKeys * pairs)
                let row = scratch[worker].assumingMemoryBound(to: Int16.self)
                row[2 * pairs - 1] = 0
                var largestSquare: Float = 0
                for j in 0..<paddedKeys {
                    kernels.quantize(source + min(j, keys - 1) * width, d, Self.largestKey / largest, row)
                    var square: Float = 0
                    for i in 0..<d { square += Float(row[i]) * Float(row[i]) }
                    largestSquare = max(largestSquare, square)
                    let panel = out + (j / 5 * 5 * pairs + j % 5) * 4
                    for i in 0..<pairs {
                        (panel + 20 * i).copyMemory(from: UnsafeRawPointer(row + 2 * i), byteCount: 4)
                    }
                }
                scales.keys.pointer[head] = largest / Self.largestKey
                scales.keyNorms.pointer[head] = max(1, largestSquare.squareRoot())
            }
        }
    }

    private func packIntegerValues(_ value: Tensor, into panels: Tensor, _ scales: IntegerScales) throws {
        let (batch, paddedWidth, pairs) = (value.shape[0], panels.shape[1], panels.shape[2])
        let heads = panels.shape[0] / batch
        let (keys, width, d) = (value.rows / batch, value.channels, value.channels / heads)
        let scratch = try scratch(2 * paddedWidth * MemoryLayout<Int16>.stride)
        perform("pack values") {
            pool.forEach(batch * heads) { head, worker in
                let source = value.pointer + head / heads * keys * width + head % heads * d
                let largest = largestMagnitude(source, keys, width, d)
                let out = UnsafeMutableRawPointer(panels.pointer + head * paddedWidth * pairs)
                    .assumingMemoryBound(to: Int16.self)
                let even = scratch[worker].assumingMemoryBound(to: Int16.self)
                let odd = even + paddedWidth
                for i in d..<max(d, paddedWidth) { (even[i], odd[i]) = (0, 0) }
                for pair in 0..<pairs {
                    kernels.quantize(
                        source + min(2 * pair, keys - 1) * width, d, Self.largestValue / largest, even)
                    kernels.quantize(
                        source + min(2 * pair + 1, keys - 1) * width, d, Self.largestValue / largest, odd)
                    for panel in 0..<paddedWidth / 5 {
                        let target = out + (panel * pairs + pair) * 10
                        for i in 0..<5 {
                            (target[2 * i], target[2 * i + 1]) = (even[panel * 5 + i], odd[panel * 5 + i])
                        }
                    }
                }
                scales.values.pointer[head] = largest / Self.largestValue
            }
        }
    }

    /// What `attendInIntegers` works in.
    func integerAttentionBytes(_ packed: KeysAndValues) -> Int {
        let (lanes, pairs) = (kernels.tileColumns, (packed.d + 1) / 2)
        let block = Self.attentionGroups * lanes
        let floats = lanes * (Self.keyBlock + 1) + block * (packed.paddedWidth + 3)
        let integers = Self.keyBlock * lanes + (block + 1) * 2 * pairs
        return floats * MemoryLayout<Float>.stride + integers * MemoryLayout<Int16>.stride
    }

    /// As `attend`.
    func attendInIntegers(
        _ query: UnsafeMutablePointer<Float>, _ rows: Int, _ firstRow: Int, _ stride: Int, _ packed: KeysAndValues,
        _ head: Int, _ causal: Bool, _ scratch: UnsafeMutablePointer<Float>
    ) {
        guard let packedScales = packed.scales else { preconditionFailure("panels of floats") }
        let (d, paddedWidth, lanes) = (packed.d, packed.paddedWidth, kernels.tileColumns)
        let (pairs, pairsOfKeys) = ((d + 1) / 2, packed.paddedKeys / 2)
        let block = Self.attentionGroups * lanes
        let scores = scratch
        let factors = scores + Self.keyBlock * lanes
        let maxima = factors + lanes
        let totals = maxima + block
        let scales = totals + block
        let sums = scales + block
        let weights = UnsafeMutableRawPointer(sums + block * paddedWidth).assumingMemoryBound(to: Int16.self)
        let queries = weights + Self.keyBlock * lanes
        let row = queries + block * 2 * pairs
        let groups = (rows + lanes - 1) / lanes
        row[2 * pairs - 1] = 0
        for r in 0..<groups * lanes {
            let source = query + min(r, rows - 1) * stride
            scales[r] = round(source, d, keyNorm: packedScales.keyNorms.pointer[head], into: row)
            scales[r] *= packedScales.keys.pointer[head] * Self.queryFactor(d)
            let out = queries + r / lanes * lanes * 2 * pairs + r % lanes * 2
            for i in 0..<pairs {
                (out[i * 2 * lanes], out[i * 2 * lanes + 1]) = (row[2 * i], row[2 * i + 1])
            }
        }
        maxima.update(repeating: -.infinity, count: block)
        totals.update(repeating: 0, count: block)
        sums.update(repeating: 0, count: block * paddedWidth)
        let lastKey = causal ? min(packed.keys, firstRow + rows) : packed.keys
        let keyPanels = UnsafeRawPointer(packed.keyPanels(head: head)).assumingMemoryBound(to: Int16.self)
        let valuePanels = UnsafeRawPointer(packed.valuePanels(head: head)).assumingMemoryBound(to: Int16.self)
        for firstKey in Swift.stride(from: 0, to: lastKey, by: Self.keyBlock) {
            let count = min(Self.keyBlock, lastKey - firstKey)
            for group in 0..<groups {
                let first = group * lanes
                kernels.attentionScoresInt16(
                    queries + first * 2 * pairs, keyPanels + firstKey * 2 * pairs, (count + 4) / 5, pairs,
                    scales + first, scores)
                if causal { hideLaterKeys(scores, count, ahead: firstKey - firstRow - first) }
                kernels.attentionWeightsInt16(scores, count, maxima + first, totals + first, factors, weights)
                kernels.attentionSumsInt16(
                    weights, (count + 1) / 2, valuePanels + firstKey * 5, paddedWidth / 5, pairsOfKeys * 10, factors,
                    sums + first * paddedWidth)
            }
        }
        for r in 0..<rows {
            // Not a number where the query or a key was not.
            let carried = scales[r] - scales[r]
            let inverse = packedScales.values.pointer[head] / totals[r] + carried
            let source = sums + r / lanes * lanes * paddedWidth + r % lanes
            for i in 0..<d { query[r * stride + i] = source[i * lanes] * inverse }
        }
    }

    /// Rounds a query so that no sum of its products with a head's keys can leave int32: by Cauchy and Schwarz that is at most
    /// the product of their norms. Returns its scale.
    private func round(
        _ query: UnsafePointer<Float>, _ d: Int, keyNorm: Float, into out: UnsafeMutablePointer<Int16>
    ) -> Float {
        let largest = largestMagnitude(query, d)
        let unit = 1 / largest
        var square: Float = 0
        for i in 0..<d { square += query[i] * unit * (query[i] * unit) }
        // Rounding moves a number by a half at most, and so the norm by half of the root of d.
        let largestNorm = 0.999 * (0x1p31 / keyNorm - Float(d).squareRoot() / 2)
        let steps = min(32_767, largestNorm / square.squareRoot())
        kernels.quantize(query, d, steps * unit, out)
        return largest / steps
    }
}
