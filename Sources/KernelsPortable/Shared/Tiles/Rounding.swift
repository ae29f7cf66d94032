// Numbers in two bytes, and back.

@inline(__always) func horizontalMaximum(_ v: Vector) -> Float {
    var m = v[0]
    for i in 1..<lanes where v[i] > m { m = v[i] }
    return m
}

/// The largest magnitude of `count` values.
public func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var m = Vector.zero
    var i = 0
    while i + lanes <= count {
        let v = load(x + i)
        m = maximum(m, maximum(v, -v))
        i += lanes
    }
    var largest = horizontalMaximum(m)
    while i < count {
        largest = max(largest, abs(x[i]))
        i += 1
    }
    return largest
}

/// out ← x · factor, rounded to int16.
public func quantize(_ x: UnsafePointer<Float>, _ count: Int, _ factor: Float, _ out: UnsafeMutablePointer<Int16>) {
    var i = 0
    while i + lanes <= count {
        storeInt16(load(x + i) * broadcast(factor), out + i)
        i += lanes
    }
    while i < count {
        // 1.5 · 2^23 leaves the nearest integer in the sum's last bits.
        out[i] = Int16(truncatingIfNeeded: (x[i] * factor + 12_582_912).bitPattern)
        i += 1
    }
}

/// out ← x · scale.
public func widenInt16(_ x: UnsafePointer<Int16>, _ count: Int, _ scale: Float, _ out: UnsafeMutablePointer<Float>) {
    var i = 0
    while i + lanes <= count {
        store(loadInt16(x + i) * broadcast(scale), out + i)
        i += lanes
    }
    while i < count {
        out[i] = Float(x[i]) * scale
        i += 1
    }
}
