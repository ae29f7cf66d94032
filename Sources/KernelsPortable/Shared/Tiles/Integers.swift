// The integer path: int8 weights, activations rounded to int16 per row, exact sums in int32, float32 out.

@_transparent func loadPairs(_ p: UnsafePointer<Int16>) -> Pairs { UnsafeRawPointer(p).loadUnaligned(as: Pairs.self) }
@_transparent func storePairs(_ v: Pairs, _ p: UnsafeMutablePointer<Int16>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: Pairs.self)
}
@_transparent func broadcastPair(_ p: UnsafePointer<Int16>) -> Pairs {
    unsafeBitCast(Words(repeating: UnsafeRawPointer(p).loadUnaligned(as: Int32.self)), to: Pairs.self)
}

/// int8 weights of `channels` (an even number), 16 each, as int16 pairs `[channels / 2][16][2]`.
/// - `channelStride`: from one channel to the next in `source`; `pairStride`: from one pair to the next in `out`
public func widenPairs(
    _ source: UnsafeRawPointer, _ channelStride: Int, _ channels: Int, _ out: UnsafeMutablePointer<Int16>,
    _ pairStride: Int
) {
    var column = 0
    while column < panelColumns {
        var p = source + column
        var o = out + 2 * column
        for _ in 0..<channels / 2 {
            storePairs(loadInt8Pairs(p, p + channelStride), o)
            p += 2 * channelStride
            o += pairStride
        }
        column += lanes
    }
}

/// The integer product's tile: 6 rows × two vectors of columns.
///
/// `out[r][j] (+)= bias[j] + rowScales[r] · Σ_block columnScales[block][j] · Σ_k a[r][block·2·pairs + k] · panel[block][k][j]`
/// for r < `rows` and j < `columns`.
/// - `columns`: `tileColumns` or half of them
/// - `a`: rows of int16, `stride` apart (rows beyond `rows` must be readable)
/// - `panel`: `[blocks][pairs][tileColumns][2]` int16; the caller sees to it that no block's sum can leave int32
/// - `columnScales`: `[blocks][tileColumns]`; `bias`: `columns` floats, or none
public func tileInt16(
    _ rows: Int, _ columns: Int, _ blocks: Int, _ pairs: Int, _ a: UnsafePointer<Int16>, _ stride: Int,
    _ panel: UnsafePointer<Int16>, _ columnScales: UnsafePointer<Float>, _ rowScales: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ outStride: Int, _ accumulate: Bool, _ bias: UnsafePointer<Float>?
) {
    var f00 = Vector.zero, f01 = Vector.zero
    var f10 = Vector.zero, f11 = Vector.zero
    var f20 = Vector.zero, f21 = Vector.zero
    var f30 = Vector.zero, f31 = Vector.zero
    var f40 = Vector.zero, f41 = Vector.zero
    var f50 = Vector.zero, f51 = Vector.zero
    var b = panel
    var scales = columnScales
    for block in 0..<blocks {
        var c00 = Words.zero, c01 = Words.zero
        var c10 = Words.zero, c11 = Words.zero
        var c20 = Words.zero, c21 = Words.zero
        var c30 = Words.zero, c31 = Words.zero
        var c40 = Words.zero, c41 = Words.zero
        var c50 = Words.zero, c51 = Words.zero
        let p0 = a + block * 2 * pairs, p1 = p0 + stride, p2 = p1 + stride
        let p3 = p2 + stride, p4 = p3 + stride, p5 = p4 + stride
        var k = 0
        while k < 2 * pairs {
            let b0 = loadPairs(b), b1 = loadPairs(b + 2 * lanes)
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
            b += 4 * lanes
            k += 2
        }
        let s0 = load(scales), s1 = load(scales + lanes)
        f00 = multiplyAdd(toFloat(c00), s0, f00)
        f01 = multiplyAdd(toFloat(c01), s1, f01)
        f10 = multiplyAdd(toFloat(c10), s0, f10)
        f11 = multiplyAdd(toFloat(c11), s1, f11)
        f20 = multiplyAdd(toFloat(c20), s0, f20)
        f21 = multiplyAdd(toFloat(c21), s1, f21)
        f30 = multiplyAdd(toFloat(c30), s0, f30)
        f31 = multiplyAdd(toFloat(c31), s1, f31)
        f40 = multiplyAdd(toFloat(c40), s0, f40)
        f41 = multiplyAdd(toFloat(c41), s1, f41)
        f50 = multiplyAdd(toFloat(c50), s0, f50)
        f51 = multiplyAdd(toFloat(c51), s1, f51)
        scales += 2 * lanes
    }
    let whole = columns > lanes
    var bias0 = Vector.zero, bias1 = Vector.zero
    if let bias {
        bias0 = load(bias)
        if whole { bias1 = load(bias + lanes) }
    }
    var o = out
    storeScaled(f00, f01, rowScales[0], bias0, bias1, whole, &o, outStride, accumulate)
    if rows > 1 { storeScaled(f10, f11, rowScales[1], bias0, bias1, whole, &o, outStride, accumulate) }
    if rows > 2 { storeScaled(f20, f21, rowScales[2], bias0, bias1, whole, &o, outStride, accumulate) }
    if rows > 3 { storeScaled(f30, f31, rowScales[3], bias0, bias1, whole, &o, outStride, accumulate) }
    if rows > 4 { storeScaled(f40, f41, rowScales[4], bias0, bias1, whole, &o, outStride, accumulate) }
    if rows > 5 { storeScaled(f50, f51, rowScales[5], bias0, bias1, whole, &o, outStride, accumulate) }
}

@_transparent func storeScaled(
    _ low: Vector, _ high: Vector, _ rowScale: Float, _ bias0: Vector, _ bias1: Vector, _ whole: Bool,
    _ out: inout UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
    let row = broadcast(rowScale)
    let sum = multiplyAdd(low, row, bias0)
    store(accumulate ? sum + load(out) : sum, out)
    if whole {
        let sum = multiplyAdd(high, row, bias1)
        store(accumulate ? sum + load(out + lanes) : sum, out + lanes)
    }
    out += stride
}
