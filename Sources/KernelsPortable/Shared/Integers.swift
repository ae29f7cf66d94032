// The integer path: int8 weights, activations rounded to int16 per row, exact sums in int32, float32 out.

@_transparent func loadPairs(_ p: UnsafePointer<Int16>) -> Pairs { UnsafeRawPointer(p).loadUnaligned(as: Pairs.self) }
@_transparent func storePairs(_ v: Pairs, _ p: UnsafeMutablePointer<Int16>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: Pairs.self)
}
@_transparent func broadcastPair(_ p: UnsafePointer<Int16>) -> Pairs {
    unsafeBitCast(SIMD8<Int32>(repeating: UnsafeRawPointer(p).loadUnaligned(as: Int32.self)), to: Pairs.self)
}

/// The largest magnitude of `count` (a multiple of 8) values.
public func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var m = Vector.zero
    var i = 0
    while i < count {
        let v = load(x + i)
        m = maximum(m, maximum(v, -v))
        i += 8
    }
    return horizontalMaximum(m)
}

/// out ← x · factor, rounded to int16; `count` is a multiple of 8.
public func quantize(_ x: UnsafePointer<Float>, _ count: Int, _ factor: Float, _ out: UnsafeMutablePointer<Int16>) {
    var i = 0
    while i < count {
        storeInt16(load(x + i) * broadcast(factor), out + i)
        i += 8
    }
}

/// out ← x · scale; `count` is a multiple of 8.
public func widenInt16(_ x: UnsafePointer<Int16>, _ count: Int, _ scale: Float, _ out: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < count {
        store(loadInt16(x + i) * broadcast(scale), out + i)
        i += 8
    }
}

/// int8 weights `[channels][16]` as int16 pairs `[channels / 2][16][2]`; `channels` is even.
public func widenPairs(_ source: UnsafeRawPointer, _ channels: Int, _ out: UnsafeMutablePointer<Int16>) {
    var p = source
    var o = out
    var c = 0
    while c < channels {
        storePairs(loadInt8Pairs(p, p + 16), o)
        storePairs(loadInt8Pairs(p + 8, p + 24), o + 16)
        p += 32
        o += 32
        c += 2
    }
}

/// The integer product's tile: 6 rows × 16 columns.
///
/// `out[r][j] (+)= bias[j] + rowScales[r] · Σ_block columnScales[block][j] · Σ_k a[r][block·2·pairs + k] · panel[block][k][j]`
/// - `a`: rows of int16, `stride` apart (rows beyond `rows` must be readable)
/// - `panel`: `[blocks][pairs][16][2]` int16; the caller sees to it that no block's sum can leave int32
/// - `bias`: 16 floats, or none
public func tileInt16(
    _ rows: Int, _ blocks: Int, _ pairs: Int, _ a: UnsafePointer<Int16>, _ stride: Int,
    _ panel: UnsafePointer<Int16>, _ columnScales: UnsafePointer<Float>, _ rowScales: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ outStride: Int, _ accumulate: Bool, _ bias: UnsafePointer<Float>?
) {
    var b = panel
    for block in 0..<blocks {
        var c00 = SIMD8<Int32>.zero, c01 = SIMD8<Int32>.zero, c10 = SIMD8<Int32>.zero, c11 = SIMD8<Int32>.zero
        var c20 = SIMD8<Int32>.zero, c21 = SIMD8<Int32>.zero, c30 = SIMD8<Int32>.zero, c31 = SIMD8<Int32>.zero
        var c40 = SIMD8<Int32>.zero, c41 = SIMD8<Int32>.zero, c50 = SIMD8<Int32>.zero, c51 = SIMD8<Int32>.zero
        let p0 = a + block * 2 * pairs, p1 = p0 + stride, p2 = p1 + stride
        let p3 = p2 + stride, p4 = p3 + stride, p5 = p4 + stride
        var k = 0
        while k < 2 * pairs {
            let b0 = loadPairs(b), b1 = loadPairs(b + 16)
            let a0 = broadcastPair(p0 + k)
            c00 = multiplyAddPairs(a0, b0, c00)
            c01 = multiplyAddPairs(a0, b1, c01)
            let a1 = broadcastPair(p1 + k)
            c10 = multiplyAddPairs(a1, b0, c10)
            c11 = multiplyAddPairs(a1, b1, c11)
            let a2 = broadcastPair(p2 + k)
            c20 = multiplyAddPairs(a2, b0, c20)
            c21 = multiplyAddPairs(a2, b1, c21)
            let a3 = broadcastPair(p3 + k)
            c30 = multiplyAddPairs(a3, b0, c30)
            c31 = multiplyAddPairs(a3, b1, c31)
            let a4 = broadcastPair(p4 + k)
            c40 = multiplyAddPairs(a4, b0, c40)
            c41 = multiplyAddPairs(a4, b1, c41)
            let a5 = broadcastPair(p5 + k)
            c50 = multiplyAddPairs(a5, b0, c50)
            c51 = multiplyAddPairs(a5, b1, c51)
            b += 32
            k += 2
        }
        let s0 = load(columnScales + block * 16), s1 = load(columnScales + block * 16 + 8)
        let adding = accumulate || block > 0
        var d0 = Vector.zero, d1 = Vector.zero
        if block == 0, let bias {
            d0 = load(bias)
            d1 = load(bias + 8)
        }
        var o = out
        storeScaled(c00, c01, s0, s1, d0, d1, rowScales[0], &o, outStride, adding)
        if rows > 1 { storeScaled(c10, c11, s0, s1, d0, d1, rowScales[1], &o, outStride, adding) }
        if rows > 2 { storeScaled(c20, c21, s0, s1, d0, d1, rowScales[2], &o, outStride, adding) }
        if rows > 3 { storeScaled(c30, c31, s0, s1, d0, d1, rowScales[3], &o, outStride, adding) }
        if rows > 4 { storeScaled(c40, c41, s0, s1, d0, d1, rowScales[4], &o, outStride, adding) }
        if rows > 5 { storeScaled(c50, c51, s0, s1, d0, d1, rowScales[5], &o, outStride, adding) }
    }
}

@_transparent func storeScaled(
    _ low: SIMD8<Int32>, _ high: SIMD8<Int32>, _ s0: Vector, _ s1: Vector, _ bias0: Vector,
    _ bias1: Vector, _ rowScale: Float, _ out: inout UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
    let row = broadcast(rowScale)
    storeRow(
        multiplyAdd(toFloat(low), s0 * row, bias0), multiplyAdd(toFloat(high), s1 * row, bias1), &out, stride, accumulate)
}
