// What the shared micro-kernels are written in, for any processor: the compiler picks the baseline's instructions.

typealias Vector = SIMD8<Float>

@_transparent func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector {
    #if arch(arm64)
    sum.addingProduct(a, b)
    #else
    sum + a * b  // without the instruction, a fused multiply-add is a library call per lane
    #endif
}
@_transparent func maximum(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }
@_transparent func minimum(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .< a) }

@_transparent func loadInt8(_ p: UnsafeRawPointer) -> Vector {
    let q = p.assumingMemoryBound(to: Int8.self)
    return Vector(
        Float(q[0]), Float(q[1]), Float(q[2]), Float(q[3]), Float(q[4]), Float(q[5]), Float(q[6]), Float(q[7]))
}

/// The half's exponent and mantissa, moved into a float's place, are the value times 2^-112. Finite values only.
@_transparent func loadFloat16(_ p: UnsafeRawPointer) -> Vector {
    let q = p.assumingMemoryBound(to: UInt16.self)
    let half = SIMD8<UInt32>(
        UInt32(q[0]), UInt32(q[1]), UInt32(q[2]), UInt32(q[3]), UInt32(q[4]), UInt32(q[5]), UInt32(q[6]), UInt32(q[7]))
    let magnitude = unsafeBitCast((half & 0x7fff) &<< 13, to: Vector.self) * Vector(repeating: 0x1p112)
    return unsafeBitCast(unsafeBitCast(magnitude, to: SIMD8<UInt32>.self) | ((half & 0x8000) &<< 16), to: Vector.self)
}
