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
@inline(__always) func transformWeights(_ a: Pairs, _ b: Pairs, _ c: Pairs) -> (Pairs, Pairs, Pairs, Pairs, Pairs, Pairs) {
    let s = a &+ c, t = a &+ (c &<< 2), twice = b &+ b
    return (a, s &+ b, s &- b, t &+ twice, t &- twice, c)
}

/// One tile's input, transformed: `out[position][channel]` for 36 positions, `stride` apart.
/// - `pixels`: the 36 input pixels' channels, row by row; `scratch`: 36·8 floats; `channels` is a multiple of 8
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
            let s = scratch + j * 8
            store(v.0, s)
            store(v.1, s + 48)
            store(v.2, s + 96)
            store(v.3, s + 144)
            store(v.4, s + 192)
            store(v.5, s + 240)
        }
        for i in 0..<6 {
            let s = scratch + i * 48
            let v = transformInput(load(s), load(s + 8), load(s + 16), load(s + 24), load(s + 32), load(s + 40))
            let o = out + i * 6 * stride + c
            store(v.0, o)
            store(v.1, o + stride)
            store(v.2, o + 2 * stride)
            store(v.3, o + 3 * stride)
            store(v.4, o + 4 * stride)
            store(v.5, o + 5 * stride)
        }
        c += 8
    }
}

/// int8 weights `[channels][9][16]` to `out[position][channels / 2][16][2]`, positions `stride` apart.
/// - `scratch`: 18·16 int16; `channels` is even
public func winogradWeights(
    _ source: UnsafeRawPointer, _ channels: Int, _ scratch: UnsafeMutablePointer<Int16>,
    _ out: UnsafeMutablePointer<Int16>, _ stride: Int
) {
    var c = 0
    while c < channels {
        for half in 0..<2 {
            let p = source + c * 144 + half * 8
            for j in 0..<3 {
                let v = transformWeights(
                    loadInt8Pairs(p + j * 16, p + 144 + j * 16),
                    loadInt8Pairs(p + (3 + j) * 16, p + 144 + (3 + j) * 16),
                    loadInt8Pairs(p + (6 + j) * 16, p + 144 + (6 + j) * 16))
                let s = scratch + j * 16
                storePairs(v.0, s)
                storePairs(v.1, s + 48)
                storePairs(v.2, s + 96)
                storePairs(v.3, s + 144)
                storePairs(v.4, s + 192)
                storePairs(v.5, s + 240)
            }
            var o = out + c * 16 + half * 16
            for i in 0..<6 {
                let s = scratch + i * 48
                let v = transformWeights(loadPairs(s), loadPairs(s + 16), loadPairs(s + 32))
                storePairs(v.0, o)
                storePairs(v.1, o + stride)
                storePairs(v.2, o + 2 * stride)
                storePairs(v.3, o + 3 * stride)
                storePairs(v.4, o + 4 * stride)
                storePairs(v.5, o + 5 * stride)
                o += 6 * stride
            }
        }
        c += 2
    }
}

/// One tile's products `m[position][16]`, positions `stride` apart, back to 4×4 pixels of 16 channels, plus `bias`.
/// - `out`: `rowStride` from one row of pixels to the next, `pixelStride` within; `scratch`: 24·8 floats
public func winogradOutput(
    _ m: UnsafePointer<Float>, _ stride: Int, _ scratch: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ rowStride: Int, _ pixelStride: Int, _ accumulate: Bool
) {
    for half in 0..<2 {
        let p = m + half * 8
        for j in 0..<6 {
            let v = transformOutput(
                load(p + j * stride), load(p + (6 + j) * stride), load(p + (12 + j) * stride),
                load(p + (18 + j) * stride), load(p + (24 + j) * stride), load(p + (30 + j) * stride))
            let s = scratch + j * 8
            store(v.0, s)
            store(v.1, s + 48)
            store(v.2, s + 96)
            store(v.3, s + 144)
        }
        let b = load(bias + half * 8)
        for i in 0..<4 {
            let s = scratch + i * 48
            let v = transformOutput(load(s), load(s + 8), load(s + 16), load(s + 24), load(s + 32), load(s + 40))
            var o = out + i * rowStride + half * 8
            storePixel(v.0 + b, &o, pixelStride, accumulate)
            storePixel(v.1 + b, &o, pixelStride, accumulate)
            storePixel(v.2 + b, &o, pixelStride, accumulate)
            storePixel(v.3 + b, &o, pixelStride, accumulate)
        }
    }
}

@_transparent func storePixel(
    _ v: Vector, _ out: inout UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
    store(accumulate ? v + load(out) : v, out)
    out += stride
}
