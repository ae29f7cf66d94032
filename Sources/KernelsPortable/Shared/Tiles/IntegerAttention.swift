// Attention in integers, laid out as `Attention.swift` has it, two channels or two keys in every lane: products of int16 are
// summed exactly in int32 over the channels of a query, or the keys of a block.

/// Five sums for each of the `tileColumns` lanes: `vectors` is `[pairs][tileColumns][2]`, `panel` `[pairs][5][2]`.
@inline(__always) func panelSums(
    _ vectors: UnsafePointer<Int16>, _ panel: UnsafePointer<Int16>, _ pairs: Int
) -> (Words, Words, Words, Words, Words, Words, Words, Words, Words, Words) {
    var a0 = Words.zero, a1 = Words.zero
    var b0 = Words.zero, b1 = Words.zero
    var c0 = Words.zero, c1 = Words.zero
    var d0 = Words.zero, d1 = Words.zero
    var e0 = Words.zero, e1 = Words.zero
    var (v, p) = (vectors, panel)
    for _ in 0..<pairs {
        let (x, y) = (loadPairs(v), loadPairs(v + 2 * lanes))
        let a = broadcastPair(p)
        a0 = multiplyAddPairs(a, x, a0); a1 = multiplyAddPairs(a, y, a1)
        let b = broadcastPair(p + 2)
        b0 = multiplyAddPairs(b, x, b0); b1 = multiplyAddPairs(b, y, b1)
        let c = broadcastPair(p + 4)
        c0 = multiplyAddPairs(c, x, c0); c1 = multiplyAddPairs(c, y, c1)
        let d = broadcastPair(p + 6)
        d0 = multiplyAddPairs(d, x, d0); d1 = multiplyAddPairs(d, y, d1)
        let e = broadcastPair(p + 8)
        e0 = multiplyAddPairs(e, x, e0); e1 = multiplyAddPairs(e, y, e1)
        v += 4 * lanes
        p += 10
    }
    return (a0, a1, b0, b1, c0, c1, d0, d1, e0, e1)
}

/// scores[key][tileColumns] ← scales · (keys · queries): `queries` is `[pairs][tileColumns][2]`, `keys` panels of five
/// `[panels][pairs][5][2]`, `scales` one a query. The caller sees to it that no sum can leave int32.
public func attentionScoresInt16(
    _ queries: UnsafePointer<Int16>, _ keys: UnsafePointer<Int16>, _ panels: Int, _ pairs: Int,
    _ scales: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>
) {
    let (s0, s1) = (load(scales), load(scales + lanes))
    var k = keys
    var out = scores
    for _ in 0..<panels {
        let (a0, a1, b0, b1, c0, c1, d0, d1, e0, e1) = panelSums(queries, k, pairs)
        k += 10 * pairs
        store(toFloat(a0) * s0, out); store(toFloat(a1) * s1, out + lanes)
        store(toFloat(b0) * s0, out + 2 * lanes); store(toFloat(b1) * s1, out + 3 * lanes)
        store(toFloat(c0) * s0, out + 4 * lanes); store(toFloat(c1) * s1, out + 5 * lanes)
        store(toFloat(d0) * s0, out + 6 * lanes); store(toFloat(d1) * s1, out + 7 * lanes)
        store(toFloat(e0) * s0, out + 8 * lanes); store(toFloat(e1) * s1, out + 9 * lanes)
        out += 10 * lanes
    }
}

/// 2^x to a part in ten thousand, for x up to 15 and results that are rounded to integers: small ones need not be right.
@inline(__always) func roughExp2(_ x: Vector) -> Vector {
    let x = maximum(broadcast(-100), x)
    let shift = broadcast(12_582_912)
    let shifted = x + shift
    let f = x - (shifted - shift)
    var p = broadcast(0.0551)
    p = multiplyAdd(p, f, broadcast(0.24260))
    p = multiplyAdd(p, f, broadcast(0.69326))
    p = multiplyAdd(p, f, broadcast(0.99993))
    return unsafeBitCast(
        unsafeBitCast(p, to: Words.self) &+ (unsafeBitCast(shifted, to: Words.self) &<< 23), to: Vector.self)
}

/// Two vectors of numbers from 0 to 32767, rounded, a pair in every lane.
@inline(__always) func roundedPairs(_ even: Vector, _ odd: Vector) -> Pairs {
    // 1.5 · 2^23 leaves the nearest integer in the sum's last bits.
    let shift = broadcast(12_582_912)
    let low = unsafeBitCast(even + shift, to: Words.self) & Words(repeating: 0xffff)
    return unsafeBitCast(low | (unsafeBitCast(odd + shift, to: Words.self) &<< 16), to: Pairs.self)
}

/// Turns scores `[count][tileColumns]` (base two) into weights `[(count + 1) / 2][tileColumns][2]` relative to the running maxima,
/// of which the largest is 32765; adds them to the totals and says in `factors` what earlier sums are to be multiplied by.
public func attentionWeightsInt16(
    _ scores: UnsafePointer<Float>, _ count: Int, _ maxima: UnsafeMutablePointer<Float>,
    _ totals: UnsafeMutablePointer<Float>, _ factors: UnsafeMutablePointer<Float>,
    _ weights: UnsafeMutablePointer<Int16>
) {
    var (m0, m1) = (load(maxima), load(maxima + lanes))
    var s = scores
    for _ in 0..<count {
        m0 = maximum(m0, load(s)); m1 = maximum(m1, load(s + lanes))
        s += 2 * lanes
    }
    let f0 = exp2(load(maxima) - m0), f1 = exp2(load(maxima + lanes) - m1)
    store(f0, factors); store(f1, factors + lanes)
    store(m0, maxima); store(m1, maxima + lanes)
    let largest = broadcast(14.999956)  // log2(32767)
    let (n0, n1) = (largest - m0, largest - m1)
    let ones = unsafeBitCast(Words(repeating: 0x0001_0001), to: Pairs.self)
    var t0 = Words.zero, t1 = Words.zero
    s = scores
    var w = weights
    for i in 0..<(count + 1) / 2 {
        var (odd0, odd1) = (Vector.zero, Vector.zero)
        if 2 * i + 1 < count {
            odd0 = roughExp2(load(s + 2 * lanes) + n0)
            odd1 = roughExp2(load(s + 3 * lanes) + n1)
        }
        let w0 = roundedPairs(roughExp2(load(s) + n0), odd0)
        let w1 = roundedPairs(roughExp2(load(s + lanes) + n1), odd1)
        storePairs(w0, w); storePairs(w1, w + 2 * lanes)
        t0 = multiplyAddPairs(w0, ones, t0)
        t1 = multiplyAddPairs(w1, ones, t1)
        s += 4 * lanes
        w += 4 * lanes
    }
    store(multiplyAdd(load(totals), f0, toFloat(t0)), totals)
    store(multiplyAdd(load(totals + lanes), f1, toFloat(t1)), totals + lanes)
}

/// sums[channel][tileColumns] ← sums · factors + values · weights: `weights` is `[pairs][tileColumns][2]`, two keys a pair,
/// `values` panels of five channels `[panels][panelStride]`, each of them `[pairs][5][2]`.
public func attentionSumsInt16(
    _ weights: UnsafePointer<Int16>, _ pairs: Int, _ values: UnsafePointer<Int16>, _ panels: Int, _ panelStride: Int,
    _ factors: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
) {
    var out = sums
    let (f0, f1) = (load(factors), load(factors + lanes))
    for panel in 0..<panels {
        let (a0, a1, b0, b1, c0, c1, d0, d1, e0, e1) = panelSums(weights, values + panel * panelStride, pairs)
        addScaled(a0, a1, f0, f1, out)
        addScaled(b0, b1, f0, f1, out + 2 * lanes)
        addScaled(c0, c1, f0, f1, out + 4 * lanes)
        addScaled(d0, d1, f0, f1, out + 6 * lanes)
        addScaled(e0, e1, f0, f1, out + 8 * lanes)
        out += 10 * lanes
    }
}

/// out ← out · f + a.
@inline(__always) func addScaled(
    _ a0: Words, _ a1: Words, _ f0: Vector, _ f1: Vector, _ out: UnsafeMutablePointer<Float>
) {
    store(multiplyAdd(load(out), f0, toFloat(a0)), out)
    store(multiplyAdd(load(out + lanes), f1, toFloat(a1)), out + lanes)
}
