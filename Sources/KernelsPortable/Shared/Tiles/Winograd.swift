// Winograd's F(4×4, 3×3) (Lavin & Gray 2016, arXiv 1509.09308): 4×4 outputs from 6×6 inputs by 36 products instead of
// 144. The rows of its matrix G are scaled to whole numbers, so int8 weights transform exactly in int16; what was
// scaled away (1/4, -1/6, -1/6, 1/24, 1/24, 1 per side) goes into the positions' scales.

/// Bᵀ·d for one column of six.
@inline(__always) func transformInput(
    _ d0: Vector, _ d1: Vector, _ d2: Vector, _ d3: Vector, _ d4: Vector, _ d5: Vector
) -> (Vector, Vector, Vector, Vector, Vector, Vector) {
    let four = broadcast(4), five = broadcast(-5)
    let a = multiplyAdd(d2, -four, d4), b = multiplyAdd(d1, -four, d3)
    let c = d4 - d2, e = (d3 - d1) * broadcast(2)
    return (
        multiplyAdd(d0, four, multiplyAdd(d2, five, d4)), a + b, a - b, c + e, c - e,
        multiplyAdd(d1, four, multiplyAdd(d3, five, d5))
    )
}

/// Aᵀ·m for one column of six.
@inline(__always) func transformOutput(
    _ m0: Vector, _ m1: Vector, _ m2: Vector, _ m3: Vector, _ m4: Vector, _ m5: Vector
) -> (Vector, Vector, Vector, Vector) {
    let a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4
    return (
        m0 + a + c, multiplyAdd(d, broadcast(2), b), multiplyAdd(c, broadcast(4), a),
        multiplyAdd(d, broadcast(8), b) + m5
    )
}

/// The scaled G·g for one column of three.
@inline(__always) func transformWeights(
    _ a: Pairs, _ b: Pairs, _ c: Pairs
) -> (Pairs, Pairs, Pairs, Pairs, Pairs, Pairs) {
    let s = a &+ c, t = a &+ (c &<< 2), twice = b &+ b
    return (a, s &+ b, s &- b, t &+ twice, t &- twice, c)
}

/// One tile's input, transformed: `out[position][channel]` for 36 positions, `stride` apart.
/// - `pixels`: the 36 input pixels' channels, row by row; `scratch`: 36 vectors; `channels` is a multiple of 16
public func winogradInput(
    _ pixels: UnsafePointer<UnsafePointer<Float>>, _ channels: Int, _ scratch: UnsafeMutablePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ stride: Int
) {
    var c = 0
    while c < channels {
        for j in 0..<6 {
            let v = transformInput(
                load(pixels[j] + c), load(pixels[6 + j] + c), load(pixels[12 + j] + c), load(pixels[18 + j] + c),
                load(pixels[24 + j] + c), load(pixels[30 + j] + c))
            let s = scratch + j * lanes
            store(v.0, s)
            store(v.1, s + 6 * lanes)
            store(v.2, s + 12 * lanes)
            store(v.3, s + 18 * lanes)
            store(v.4, s + 24 * lanes)
            store(v.5, s + 30 * lanes)
        }
        for i in 0..<6 {
            let s = scratch + 6 * i * lanes
            let v = transformInput(
                load(s), load(s + lanes), load(s + 2 * lanes), load(s + 3 * lanes), load(s + 4 * lanes),
                load(s + 5 * lanes))
            let o = out + i * 6 * stride + c
            store(v.0, o)
            store(v.1, o + stride)
            store(v.2, o + 2 * stride)
            store(v.3, o + 3 * stride)
            store(v.4, o + 4 * stride)
            store(v.5, o + 5 * stride)
        }
        c += lanes
    }
}

/// int8 weights `[channels][9][16]` to `out[position][channels / 2][16][2]`.
/// - `stride`, `pairStride`: from one position to the next, and from one pair of channels to the next, in int16
/// - `scratch`: 18 vectors of pairs; `channels` is even
public func winogradWeights(
    _ source: UnsafeRawPointer, _ channels: Int, _ scratch: UnsafeMutablePointer<Int16>,
    _ out: UnsafeMutablePointer<Int16>, _ stride: Int, _ pairStride: Int
) {
    let width = 2 * lanes
    var column = 0
    while column < panelColumns {
        var p = source + column
        var o = out + 2 * column
        for _ in 0..<channels / 2 {
            let q = p + 9 * panelColumns
            for j in 0..<3 {
                let (top, middle, bottom) = (j * panelColumns, (3 + j) * panelColumns, (6 + j) * panelColumns)
                let v = transformWeights(
                    loadInt8Pairs(p + top, q + top), loadInt8Pairs(p + middle, q + middle),
                    loadInt8Pairs(p + bottom, q + bottom))
                let s = scratch + j * width
                storePairs(v.0, s)
                storePairs(v.1, s + 3 * width)
                storePairs(v.2, s + 6 * width)
                storePairs(v.3, s + 9 * width)
                storePairs(v.4, s + 12 * width)
                storePairs(v.5, s + 15 * width)
            }
            for i in 0..<6 {
                let s = scratch + 3 * i * width
                let v = transformWeights(loadPairs(s), loadPairs(s + width), loadPairs(s + 2 * width))
                let target = o + 6 * i * stride
                storePairs(v.0, target)
                storePairs(v.1, target + stride)
                storePairs(v.2, target + 2 * stride)
                storePairs(v.3, target + 3 * stride)
                storePairs(v.4, target + 4 * stride)
                storePairs(v.5, target + 5 * stride)
            }
            p += 18 * panelColumns
            o += pairStride
        }
        column += lanes
    }
}

/// One tile's products `m[position][16]`, positions `stride` apart, back to 4×4 pixels of 16 channels, plus `bias`.
/// - `out`: `rowStride` from one row of pixels to the next, `pixelStride` within; `scratch`: 24 vectors
public func winogradOutput(
    _ m: UnsafePointer<Float>, _ stride: Int, _ scratch: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ rowStride: Int, _ pixelStride: Int
) {
    var column = 0
    while column < panelColumns {
        let p = m + column
        for j in 0..<6 {
            let v = transformOutput(
                load(p + j * stride), load(p + (6 + j) * stride), load(p + (12 + j) * stride),
                load(p + (18 + j) * stride), load(p + (24 + j) * stride), load(p + (30 + j) * stride))
            let s = scratch + j * lanes
            store(v.0, s)
            store(v.1, s + 6 * lanes)
            store(v.2, s + 12 * lanes)
            store(v.3, s + 18 * lanes)
        }
        let b = load(bias + column)
        for i in 0..<4 {
            let s = scratch + 6 * i * lanes
            let v = transformOutput(
                load(s), load(s + lanes), load(s + 2 * lanes), load(s + 3 * lanes), load(s + 4 * lanes),
                load(s + 5 * lanes))
            let o = out + i * rowStride + column
            store(v.0 + b, o)
            store(v.1 + b, o + pixelStride)
            store(v.2 + b, o + 2 * pixelStride)
            store(v.3 + b, o + 3 * pixelStride)
        }
        column += lanes
    }
}
