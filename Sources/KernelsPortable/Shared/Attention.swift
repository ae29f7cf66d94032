// Attention over blocks of 16 queries, one in every lane of two vectors: scores and sums are kept transposed, so that
// a maximum, an exponential or a correction never leaves its lane. Keys and values are broadcast, five at a time: ten
// sums in registers, two inputs and the broadcast leave AVX2's compiler room among its sixteen.

/// scores[key][16] ← keys · queries: `queries` is `[d][16]`, `keys` panels of five `[panels][d][5]`.
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
            let (x, y) = (load(q), load(q + 8))
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
            q += 16
            k += 5
        }
        store(a0, out); store(a1, out + 8)
        store(b0, out + 16); store(b1, out + 24)
        store(c0, out + 32); store(c1, out + 40)
        store(d0, out + 48); store(d1, out + 56)
        store(e0, out + 64); store(e1, out + 72)
        out += 80
    }
}

/// Turns scores `[count][16]` (base two) into weights relative to the running maxima, adds them to the totals and says
/// in `factors` what earlier sums are to be multiplied by.
public func attentionWeights(
    _ scores: UnsafeMutablePointer<Float>, _ count: Int, _ maxima: UnsafeMutablePointer<Float>,
    _ totals: UnsafeMutablePointer<Float>, _ factors: UnsafeMutablePointer<Float>
) {
    var (m0, m1) = (load(maxima), load(maxima + 8))
    var p = UnsafePointer(scores)
    for _ in 0..<count {
        m0 = maximum(m0, load(p)); m1 = maximum(m1, load(p + 8))
        p += 16
    }
    let f0 = exp2(load(maxima) - m0), f1 = exp2(load(maxima + 8) - m1)
    store(f0, factors); store(f1, factors + 8)
    store(m0, maxima); store(m1, maxima + 8)
    var (t0, t1) = (load(totals) * f0, load(totals + 8) * f1)
    var s = scores
    for _ in 0..<count {
        let e0 = exp2(load(s) - m0), e1 = exp2(load(s + 8) - m1)
        store(e0, s); store(e1, s + 8)
        t0 += e0; t1 += e1
        s += 16
    }
    store(t0, totals); store(t1, totals + 8)
}

/// sums[channel][16] ← sums · factors + values · weights: `weights` is `[count][16]`, `values` panels of five channels
/// `[panels][panelStride]`, each of them `[keys][5]`.
public func attentionSums(
    _ weights: UnsafePointer<Float>, _ count: Int, _ values: UnsafePointer<Float>, _ panels: Int, _ panelStride: Int,
    _ factors: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
) {
    var out = sums
    let (f0, f1) = (load(factors), load(factors + 8))
    for panel in 0..<panels {
        var v = values + panel * panelStride
        var a0 = load(out + 0) * f0, a1 = load(out + 8) * f1
        var b0 = load(out + 16) * f0, b1 = load(out + 24) * f1
        var c0 = load(out + 32) * f0, c1 = load(out + 40) * f1
        var d0 = load(out + 48) * f0, d1 = load(out + 56) * f1
        var e0 = load(out + 64) * f0, e1 = load(out + 72) * f1
        var w = weights
        for _ in 0..<count {
            let (x, y) = (load(w), load(w + 8))
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
            w += 16
            v += 5
        }
        store(a0, out); store(a1, out + 8)
        store(b0, out + 16); store(b1, out + 24)
        store(c0, out + 32); store(c1, out + 40)
        store(d0, out + 48); store(d1, out + 56)
        store(e0, out + 64); store(e1, out + 72)
        out += 80
    }
}
