// What the shared micro-kernels are written in, for any processor: the compiler picks the baseline's instructions.

typealias Vector = SIMD8<Float>
typealias Words = SIMD8<Int32>
/// Two int16 for each of a vector's lanes.
typealias Pairs = SIMD16<Int16>
@_transparent var lanes: Int { 8 }

@_transparent func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector {
    #if arch(arm64)
    sum.addingProduct(a, b)
    #else
    sum + a * b  // without the instruction, a fused multiply-add is a library call per lane
    #endif
}
// b where either is NaN, as x86's instructions have it.
@_transparent func maximum(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .> b) }
@_transparent func minimum(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .< b) }
@_transparent func maximum(_ a: Words, _ b: Words) -> Words { b.replacing(with: a, where: a .> b) }

@_transparent func loadInt8(_ p: UnsafeRawPointer) -> Vector {
    let q = p.assumingMemoryBound(to: Int8.self)
    return Vector(
        Float(q[0]), Float(q[1]), Float(q[2]), Float(q[3]), Float(q[4]), Float(q[5]), Float(q[6]), Float(q[7]))
}

/// The half's exponent and mantissa, moved into a float's place, are the value times 2^-112; the largest exponent, of
/// infinity and NaN, has to become a float's largest.
@_transparent func loadFloat16(_ p: UnsafeRawPointer) -> Vector {
    let q = p.assumingMemoryBound(to: UInt16.self)
    let half = SIMD8<UInt32>(
        UInt32(q[0]), UInt32(q[1]), UInt32(q[2]), UInt32(q[3]), UInt32(q[4]), UInt32(q[5]), UInt32(q[6]), UInt32(q[7]))
    let magnitude = unsafeBitCast((half & 0x7fff) &<< 13, to: Vector.self) * Vector(repeating: 0x1p112)
    let largest = SIMD8<UInt32>.zero.replacing(with: 0x7f80_0000, where: (half & 0x7c00) .== 0x7c00)
    return unsafeBitCast(
        unsafeBitCast(magnitude, to: SIMD8<UInt32>.self) | largest | ((half & 0x8000) &<< 16), to: Vector.self)
}

@_transparent func multiplyAddPairs(_ a: Pairs, _ b: Pairs, _ sum: Words) -> Words {
    // Pairs of int16 in a 32-bit lane: the low one by shifting up and down, the high one by shifting down.
    let (a, b) = (unsafeBitCast(a, to: Words.self), unsafeBitCast(b, to: Words.self))
    return sum &+ ((a &<< 16) &>> 16) &* ((b &<< 16) &>> 16) &+ (a &>> 16) &* (b &>> 16)
}
@_transparent func toFloat(_ v: Words) -> Vector {
    Vector(
        Float(v[0]), Float(v[1]), Float(v[2]), Float(v[3]), Float(v[4]), Float(v[5]), Float(v[6]), Float(v[7]))
}
@_transparent func loadInt8Pairs(_ even: UnsafeRawPointer, _ odd: UnsafeRawPointer) -> Pairs {
    let (e, o) = (even.assumingMemoryBound(to: Int8.self), odd.assumingMemoryBound(to: Int8.self))
    var pairs = Pairs()
    for i in 0..<8 {
        pairs[2 * i] = Int16(e[i])
        pairs[2 * i + 1] = Int16(o[i])
    }
    return pairs
}
/// Rounds to nearest by adding 1.5 · 2^23, whose last bits then hold the integer.
@_transparent func storeInt16(_ v: Vector, _ p: UnsafeMutablePointer<Int16>) {
    let bits = unsafeBitCast(v + Vector(repeating: 12_582_912), to: Words.self)
    for i in 0..<8 { p[i] = Int16(truncatingIfNeeded: bits[i]) }
}
@_transparent func loadInt16(_ p: UnsafePointer<Int16>) -> Vector {
    Vector(Float(p[0]), Float(p[1]), Float(p[2]), Float(p[3]), Float(p[4]), Float(p[5]), Float(p[6]), Float(p[7]))
}
