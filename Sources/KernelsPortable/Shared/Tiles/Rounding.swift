// Numbers in two bytes, and back.

@inline(__always) func magnitudeBits(_ v: Vector) -> Words {
    unsafeBitCast(v, to: Words.self) & Words(repeating: 0x7fff_ffff)
}

/// The largest magnitude of `count` values; NaN if there is one. Magnitudes are ordered as their bits are, in which NaN
/// comes last.
public func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var m = Words.zero
    var i = 0
    while i + lanes <= count {
        m = maximum(m, magnitudeBits(load(x + i)))
        i += lanes
    }
    var largest: Int32 = 0
    for i in 0..<lanes where m[i] > largest { largest = m[i] }
    while i < count {
        let bits = Int32(truncatingIfNeeded: x[i].bitPattern & 0x7fff_ffff)
        if bits > largest { largest = bits }
        i += 1
    }
    return Float(bitPattern: UInt32(truncatingIfNeeded: largest))
}

/// out ← x · factor, rounded to int16; NaN becomes any int16.
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
