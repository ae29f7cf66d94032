// Attention over blocks of `tileColumns` queries, one in every lane of two vectors: scores and sums are kept transposed,
// so that a maximum, an exponential or a correction never leaves its lane. Keys and values are broadcast, five at a time: ten
// sums in registers, two inputs and the broadcast leave AVX2's compiler room among its sixteen.

/// scores[key][tileColumns] ← keys · queries: `queries` is `[d][tileColumns]`, `keys` panels of five `[panels][d][5]`.
public func attentionScores(
    _ queries: UnsafePointer<Float>, _ keys: UnsafePointer<Float>, _ panels: Int, _ d: Int,
    _ scores: UnsafeMutablePointer<Float>
) {
    var k = keys
    var out = scores
    for _ in 0..<panels {
        var a0 = Vector.zero, a1 = Vector.zero
        var b0 = Vector.zero, b1 = Vector.zero
        var c0 = Vector.zero, c1 = Vector.zero
        var d0 = Vector.zero, d1 = Vector.zero
        var e0 = Vector.zero, e1 = Vector.zero
        var q = queries
        for _ in 0..<d {
            let (x, y) = (load(q), load(q + lanes))
            let a = broadcast(k[0])
            a0 = multiplyAdd(a, x, a0); a1 = multiplyAdd(a, y, a1)
            let b = broadcast(k[1])
            b0 = multiplyAdd(b, x, b0); b1 = multiplyAdd(b, y, b1)
            let c = broadcast(k[2])
            c0 = multiplyAdd(c, x, c0); c1 = multiplyAdd(c, y, c1)
            let d = broadcast(k[3])
            d0 = multiplyAdd(d, x, d0); d1 = multiplyAdd(d, y, d1)
            let e = broadcast(k[4])
            e0 = multiplyAdd(e, x, e0); e1 = multiplyAdd(e, y, e1)
            q += 2 * lanes
            k += 5
        }
        store(a0, out); store(a1, out + lanes)
        store(b0, out + 2 * lanes); store(b1, out + 3 * lanes)
        store(c0, out + 4 * lanes); store(c1, out + 5 * lanes)
        store(d0, out + 6 * lanes); store(d1, out + 7 * lanes)
        store(e0, out + 8 * lanes); store(e1, out + 9 * lanes)
        out += 10 * lanes
    }
}

/// Turns scores `[count][tileColumns]` (base two) into weights relative to the running maxima, adds them to the totals and says
/// in `factors` what earlier sums are to be multiplied by.
public func attentionWeights(
    _ scores: UnsafeMutablePointer<Float>, _ count: Int, _ maxima: UnsafeMutablePointer<Float>,
    _ totals: UnsafeMutablePointer<Float>, _ factors: UnsafeMutablePointer<Float>
) {
    var (m0, m1) = (load(maxima), load(maxima + lanes))
    var p = UnsafePointer(scores)
    for _ in 0..<count {
        m0 = maximum(m0, load(p)); m1 = maximum(m1, load(p + lanes))
        p += 2 * lanes
    }
    let f0 = exp2(load(maxima) - m0), f1 = exp2(load(maxima + lanes) - m1)
    store(f0, factors); store(f1, factors + lanes)
    store(m0, maxima); store(m1, maxima + lanes)
    var (t0, t1) = (load(totals) * f0, load(totals + lanes) * f1)
    var s = scores
    for _ in 0..<count {
        let e0 = exp2(load(s) - m0), e1 = exp2(load(s + lanes) - m1)
        store(e0, s); store(e1, s + lanes)
        t0 += e0; t1 += e1
        s += 2 * lanes
    }
    store(t0, totals); store(t1, totals + lanes)
}

/// sums[channel][tileColumns] ← sums · factors + values · weights: `weights` is `[count][tileColumns]`, `values` panels of five channels
/// `[panels][panelStride]`, each of them `[keys][5]`.
public func attentionSums(
    _ weights: UnsafePointer<Float>, _ count: Int, _ values: UnsafePointer<Float>, _ panels: Int, _ panelStride: Int,
    _ factors: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
) {
    var out = sums
    let (f0, f1) = (load(factors), load(factors + lanes))
    for panel in 0..<panels {
        var v = values + panel * panelStride
        var a0 = load(out + 0) * f0, a1 = load(out + lanes) * f1
        var b0 = load(out + 2 * lanes) * f0, b1 = load(out + 3 * lanes) * f1
        var c0 = load(out + 4 * lanes) * f0, c1 = load(out + 5 * lanes) * f1
        var d0 = load(out + 6 * lanes) * f0, d1 = load(out + 7 * lanes) * f1
        var e0 = load(out + 8 * lanes) * f0, e1 = load(out + 9 * lanes) * f1
        var w = weights
        for _ in 0..<count {
            let (x, y) = (load(w), load(w + lanes))
            let a = broadcast(v[0])
            a0 = multiplyAdd(a, x, a0); a1 = multiplyAdd(a, y, a1)
            let b = broadcast(v[1])
            b0 = multiplyAdd(b, x, b0); b1 = multiplyAdd(b, y, b1)
            let c = broadcast(v[2])
            c0 = multiplyAdd(c, x, c0); c1 = multiplyAdd(c, y, c1)
            let d = broadcast(v[3])
            d0 = multiplyAdd(d, x, d0); d1 = multiplyAdd(d, y, d1)
            let e = broadcast(v[4])
            e0 = multiplyAdd(e, x, e0); e1 = multiplyAdd(e, y, e1)
            w += 2 * lanes
            v += 5
        }
        store(a0, out); store(a1, out + lanes)
        store(b0, out + 2 * lanes); store(b1, out + 3 * lanes)
        store(c0, out + 4 * lanes); store(c1, out + 5 * lanes)
        store(d0, out + 6 * lanes); store(d1, out + 7 * lanes)
        store(e0, out + 8 * lanes); store(e1, out + 9 * lanes)
        out += 10 * lanes
    }
}
