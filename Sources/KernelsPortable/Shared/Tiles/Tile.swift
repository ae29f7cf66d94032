/// The matrix product's innermost tile: 6 rows × two vectors of columns in registers.
///
/// `out[r][j] (+)= Σ_tap Σ_k inputs[tap·6 + r][k] · panel[tap][k][j]` for r < `rows` and j < `tileColumns`.
/// - `inputs`: `taps`×6 pointers to the rows' first of `depth` channels (rows beyond `rows` must be readable)
/// - `panel`: `[taps][depth][tileColumns]` floats
/// - `out`: row stride `outStride`; `accumulate` adds to what is there
/// - `bias`: `tileColumns` floats to add to every row
public func tile(
    _ rows: Int, _ taps: Int, _ depth: Int, _ inputs: UnsafePointer<UnsafePointer<Float>>, _ offset: Int,
    _ panel: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ outStride: Int, _ accumulate: Bool,
    _ bias: UnsafePointer<Float>?
) {
    var c00 = Vector.zero, c01 = Vector.zero, c10 = Vector.zero, c11 = Vector.zero
    var c20 = Vector.zero, c21 = Vector.zero, c30 = Vector.zero, c31 = Vector.zero
    var c40 = Vector.zero, c41 = Vector.zero, c50 = Vector.zero, c51 = Vector.zero
    var b = panel
    var pointers = inputs
    for _ in 0..<taps {
        let p0 = pointers[0] + offset, p1 = pointers[1] + offset, p2 = pointers[2] + offset
        let p3 = pointers[3] + offset, p4 = pointers[4] + offset, p5 = pointers[5] + offset
        var k = 0
        while k < depth {
            let b0 = load(b), b1 = load(b + lanes)
            let a0 = broadcast(p0[k])
            c00 = multiplyAdd(a0, b0, c00)
            c01 = multiplyAdd(a0, b1, c01)
            let a1 = broadcast(p1[k])
            c10 = multiplyAdd(a1, b0, c10)
            c11 = multiplyAdd(a1, b1, c11)
            let a2 = broadcast(p2[k])
            c20 = multiplyAdd(a2, b0, c20)
            c21 = multiplyAdd(a2, b1, c21)
            let a3 = broadcast(p3[k])
            c30 = multiplyAdd(a3, b0, c30)
            c31 = multiplyAdd(a3, b1, c31)
            let a4 = broadcast(p4[k])
            c40 = multiplyAdd(a4, b0, c40)
            c41 = multiplyAdd(a4, b1, c41)
            let a5 = broadcast(p5[k])
            c50 = multiplyAdd(a5, b0, c50)
            c51 = multiplyAdd(a5, b1, c51)
            b += 2 * lanes
            k += 1
        }
        pointers += 6
    }
    if let bias {
        let b0 = load(bias), b1 = load(bias + lanes)
        c00 += b0
        c01 += b1
        c10 += b0
        c11 += b1
        c20 += b0
        c21 += b1
        c30 += b0
        c31 += b1
        c40 += b0
        c41 += b1
        c50 += b0
        c51 += b1
    }
    var o = out
    storeRow(c00, c01, &o, outStride, accumulate)
    if rows > 1 { storeRow(c10, c11, &o, outStride, accumulate) }
    if rows > 2 { storeRow(c20, c21, &o, outStride, accumulate) }
    if rows > 3 { storeRow(c30, c31, &o, outStride, accumulate) }
    if rows > 4 { storeRow(c40, c41, &o, outStride, accumulate) }
    if rows > 5 { storeRow(c50, c51, &o, outStride, accumulate) }
}

@_transparent func storeRow(
    _ low: Vector, _ high: Vector, _ out: inout UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
    store(accumulate ? low + load(out) : low, out)
    store(accumulate ? high + load(out + lanes) : high, out + lanes)
    out += stride
}

/// int8 weights `[channels][taps][16]` with 16 half-float scales, widened to floats `[taps][channels][16]`.
/// - `channelStride`, `tapStride`: in floats
public func widenInt8(
    _ source: UnsafeRawPointer, _ channels: Int, _ taps: Int, _ scales: UnsafeRawPointer,
    _ out: UnsafeMutablePointer<Float>, _ channelStride: Int, _ tapStride: Int
) {
    var column = 0
    while column < panelColumns {
        let scale = loadFloat16(scales + 2 * column)
        var p = source + column
        for c in 0..<channels {
            var o = out + c * channelStride + column
            for _ in 0..<taps {
                store(loadInt8(p) * scale, o)
                p += panelColumns
                o += tapStride
            }
        }
        column += lanes
    }
}

/// Half-float weights `[channels][taps][16]`, widened to floats `[taps][channels][16]`.
/// - `channelStride`, `tapStride`: in floats
public func widenFloat16(
    _ source: UnsafeRawPointer, _ channels: Int, _ taps: Int, _ out: UnsafeMutablePointer<Float>, _ channelStride: Int,
    _ tapStride: Int
) {
    var column = 0
    while column < panelColumns {
        var p = source + 2 * column
        for c in 0..<channels {
            var o = out + c * channelStride + column
            for _ in 0..<taps {
                store(loadFloat16(p), o)
                p += 2 * panelColumns
                o += tapStride
            }
        }
        column += lanes
    }
}
