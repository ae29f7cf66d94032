/// 2^x to about one unit in the last place (the polynomial of Cephes' exp2f); x is clamped to -126…127.
@inline(__always) func exp2(_ x: Vector) -> Vector {
    let x = minimum(maximum(x, broadcast(-126)), broadcast(127))
    let shifted = x + broadcast(12_582_912)  // 1.5 · 2^23: the sum's low bits are the nearest integer
    let f = x - (shifted - broadcast(12_582_912))
    var p = broadcast(1.535336188319500e-4)
    p = multiplyAdd(p, f, broadcast(1.339887440266574e-3))
    p = multiplyAdd(p, f, broadcast(9.618437357674640e-3))
    p = multiplyAdd(p, f, broadcast(5.550332471162809e-2))
    p = multiplyAdd(p, f, broadcast(2.402264791363012e-1))
    p = multiplyAdd(p, f, broadcast(6.931472028550421e-1))
    p = multiplyAdd(p, f, broadcast(1))
    let exponent = unsafeBitCast(shifted, to: Words.self) &<< 23
    return unsafeBitCast(unsafeBitCast(p, to: Words.self) &+ exponent, to: Vector.self)
}
