// Rows of floats as int16, and back.

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

/// `count` half floats (a multiple of 8) as floats.
public func convertFloat16(_ source: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < count {
        store(loadFloat16(source + 2 * i), out + i)
        i += 8
    }
}
