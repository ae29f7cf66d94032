@inline(__always) func sigmoid(_ x: Vector) -> Vector {
    broadcast(1) / (broadcast(1) + exp2(x * broadcast(-1.442695040888963)))
}

/// x/2 · (1 + erf(x/√2)), with erf by Abramowitz & Stegun 7.1.26 (absolute error below 1.5e-7).
@inline(__always) func gelu(_ x: Vector) -> Vector {
    let magnitude = maximum(x, -x) * broadcast(0.7071067811865476)
    let t = broadcast(1) / multiplyAdd(magnitude, broadcast(0.3275911), broadcast(1))
    var p = broadcast(1.061405429)
    p = multiplyAdd(p, t, broadcast(-1.453152027))
    p = multiplyAdd(p, t, broadcast(1.421413741))
    p = multiplyAdd(p, t, broadcast(-0.284496736))
    p = multiplyAdd(p, t, broadcast(0.254829592)) * t
    let erfc = p * exp2(magnitude * magnitude * broadcast(-1.442695040888963))
    let half = x * broadcast(0.5)
    let upper = half * (broadcast(2) - erfc)  // x ≥ 0
    return upper.replacing(with: half * erfc, where: x .< broadcast(0))
}

/// `count` half floats (a multiple of 8) as floats.
public func convertFloat16(_ source: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < count {
        store(loadFloat16(source + 2 * i), out + i)
        i += 8
    }
}

/// x ← x · sigmoid(`scale`·x): SiLU with scale 1, CLIP's quick GELU with 1.702. `count` is a multiple of 8.
public func swish(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ scale: Float) {
    var i = 0
    while i < count {
        let v = load(x + i)
        store(v * sigmoid(v * broadcast(scale)), x + i)
        i += 8
    }
}

/// x ← max(x, 0), NaN where x is; `count` is a multiple of 8.
public func relu(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    var i = 0
    while i < count {
        store(maximum(broadcast(0), load(x + i)), x + i)
        i += 8
    }
}

/// out ← hidden · gelu(gate); `count` is a multiple of 8.
public func gatedGelu(
    _ hidden: UnsafePointer<Float>, _ gate: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int
) {
    var i = 0
    while i < count {
        store(load(hidden + i) * gelu(load(gate + i)), out + i)
        i += 8
    }
}

/// x ← gelu(x); `count` is a multiple of 8.
public func gelu(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    var i = 0
    while i < count {
        store(gelu(load(x + i)), x + i)
        i += 8
    }
}

/// sum ← sum + x; `count` is a multiple of 8.
public func add(_ x: UnsafePointer<Float>, _ count: Int, _ sum: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < count {
        store(load(sum + i) + load(x + i), sum + i)
        i += 8
    }
}

/// Per-channel sums and sums of squares of `rows` rows, added to `sums` and `squares`; `channels` is a multiple of 8.
public func channelMoments(
    _ x: UnsafePointer<Float>, _ rows: Int, _ channels: Int,
    _ sums: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>
) {
    var p = x
    for _ in 0..<rows {
        var c = 0
        while c < channels {
            let v = load(p + c)
            store(load(sums + c) + v, sums + c)
            store(multiplyAdd(v, v, load(squares + c)), squares + c)
            c += 8
        }
        p += channels
    }
}

/// out[r][c] ← x[r][c] · factors[c] + offsets[c], then SiLU if asked; `channels` is a multiple of 8.
public func scaleChannels(
    _ x: UnsafePointer<Float>, _ rows: Int, _ channels: Int,
    _ factors: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>, _ silu: Bool, _ out: UnsafeMutablePointer<Float>
) {
    var i = 0
    for _ in 0..<rows {
        var c = 0
        while c < channels {
            var v = multiplyAdd(load(x + i), load(factors + c), load(offsets + c))
            if silu { v = v * sigmoid(v) }
            store(v, out + i)
            i += 8
            c += 8
        }
    }
}

/// One row of layer normalisation; `channels` is a multiple of 8.
public func normalizeRow(
    _ x: UnsafePointer<Float>, _ channels: Int, _ epsilon: Float,
    _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
) {
    var sum = Vector.zero
    var c = 0
    while c < channels {
        sum += load(x + c)
        c += 8
    }
    let mean = broadcast(horizontalSum(sum) / Float(channels))
    var squares = Vector.zero
    c = 0
    while c < channels {
        let d = load(x + c) - mean
        squares = multiplyAdd(d, d, squares)
        c += 8
    }
    let factor = broadcast(1 / (horizontalSum(squares) / Float(channels) + epsilon).squareRoot())
    c = 0
    while c < channels {
        store(multiplyAdd((load(x + c) - mean) * factor, load(weight + c), load(bias + c)), out + c)
        c += 8
    }
}

@inline(__always) func horizontalSum(_ v: Vector) -> Float {
    let a = v.lowHalf + v.highHalf
    let b = a.lowHalf + a.highHalf
    return b[0] + b[1]
}
