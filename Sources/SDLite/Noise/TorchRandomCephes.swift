// The logarithm and the sine of the Cephes library (Moshier) as PyTorch's AVX2 build evaluates them
// (aten/src/ATen/native/cpu/avx_mathfun.h). `addingProduct` stands where the compiler fused a multiplication into an
// addition; it rounds once on every machine, so the results are PyTorch's bit by bit.

/// The natural logarithm of a positive number.
func cephesLog(_ value: Float) -> Float {
    let bits = max(value, Float.leastNormalMagnitude).bitPattern
    var e = Float(Int32(bits >> 23) - 0x7f) + 1
    var x = Float(bitPattern: bits & 0x807f_ffff | 0x3f00_0000)  // 0.5 ..< 1
    if x < 0.707106781186547524 {
        e -= 1
        x = x - 1 + x
    } else {
        x -= 1
    }
    let z = x * x
    let coefficients: [Float] = [
        -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
        -2.4999993993e-1, 3.3333331174e-1,
    ]
    var y = coefficients.reduce(7.0376836292e-2) { sum, coefficient in coefficient.addingProduct(sum, x) }
    y = (e * -2.12194440e-4).addingProduct(y * x, z)
    y = y.addingProduct(-z, 0.5)
    return (x + y).addingProduct(e, 0.693359375)
}

/// Sine and cosine of an angle from 0 to 2π.
func cephesSinCos(_ angle: Float) -> (sine: Float, cosine: Float) {
    let octant = (Int32(angle * 1.27323954473516) + 1) & ~1
    let y = Float(octant)
    var x = angle
    x = x.addingProduct(y, -0.78515625)
    x = x.addingProduct(y, -2.4187564849853515625e-4)
    x = x.addingProduct(y, -3.77489497744594108e-8)
    let z = x * x

    let cosineSeries = Float(-1.388731625493765e-3).addingProduct(2.443315711809948e-5, z)
    let cosineTail = Float(4.166664568298827e-2).addingProduct(cosineSeries, z) * z
    let cosine = (-(z * 0.5)).addingProduct(cosineTail, z) + 1

    let sineSeries = Float(8.3321608736e-3).addingProduct(-1.9515295891e-4, z)
    let sineTail = Float(-1.6666654611e-1).addingProduct(sineSeries, z) * z
    let sine = x.addingProduct(sineTail, x)

    let swapped = octant & 2 != 0
    let (s, c) = swapped ? (cosine, sine) : (sine, cosine)
    return (octant & 4 == 0 ? s : -s, ~(octant - 2) & 4 == 0 ? c : -c)
}
