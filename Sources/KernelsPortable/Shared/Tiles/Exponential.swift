/// 2^x to about one unit in the last place (the polynomial of Cephes' exp2f); x is clamped to -126…127, and at
/// -125.5 and below the result is 0. NaN stays NaN.
@inline(__always) func exp2(_ x: Vector) -> Vector {
    let x = minimum(broadcast(127), maximum(broadcast(-126), x))
    // 1.5 · 2^23, and the exponent's bias less one: the sum's low bits are those of 2^(n - 1) for the nearest integer n.
    let shift = broadcast(12_582_912 + 126)
    let shifted = x + shift
    let f = x - (shifted - shift)
    var p = broadcast(2 * 1.535336188319500e-4)
    p = multiplyAdd(p, f, broadcast(2 * 1.339887440266574e-3))
    p = multiplyAdd(p, f, broadcast(2 * 9.618437357674640e-3))
    p = multiplyAdd(p, f, broadcast(2 * 5.550332471162809e-2))
    p = multiplyAdd(p, f, broadcast(2 * 2.402264791363012e-1))
    p = multiplyAdd(p, f, broadcast(2 * 6.931472028550421e-1))
    p = multiplyAdd(p, f, broadcast(2))
    return p * unsafeBitCast(unsafeBitCast(shifted, to: Words.self) &<< 23, to: Vector.self)
}
