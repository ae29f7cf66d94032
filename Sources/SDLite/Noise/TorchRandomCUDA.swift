import Glibc

/// `torch.randn` of float32 on CUDA (aten/src/ATen/native/cuda/DistributionTemplates.h): thread i of a call draws value
/// i from its own stretch of the Philox sequence, and the first of the four numbers found there counts.
struct TorchCUDARandom: Sendable {
    private let seed: UInt64
    private var calls: UInt32 = 0

    init(seed: UInt64) { self.seed = seed }

    mutating func normal(_ count: Int) -> [Float] {
        defer { calls &+= 1 }
        let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        return (0..<count).map { i in
            let counter = SIMD4(calls, 0, UInt32(truncatingIfNeeded: i), UInt32(truncatingIfNeeded: i >> 32))
            let bits = philox(counter: counter, key: key)
            return Self.boxMuller(bits[0], bits[1])
        }
    }

    /// The sine half of Box–Muller, in float32 from the same arguments as curand_normal.h; logarithm and sine are
    /// rounded from double precision.
    private static func boxMuller(_ x: UInt32, _ y: UInt32) -> Float {
        let u = Float(0x1p-33).addingProduct(Float(x), 0x1p-32)
        let step = Float(0x1p-32) * 6.2831855
        let v = (step / 2).addingProduct(Float(y), step)
        return (-2 * Float(log(Double(u)))).squareRoot() * Float(sin(Double(v)))
    }
}

/// Philox 4x32-10, a counter-based generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (counter, key) = (counter, key)
    for round in 0..<10 {
        if round > 0 { key &+= SIMD2(0x9e37_79b9, 0xbb67_ae85) }
        let a = UInt64(counter[0]) * 0xd251_1f53
        let b = UInt64(counter[2]) * 0xcd9e_8d57
        counter = SIMD4(
            UInt32(b >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: b),
            UInt32(a >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: a))
    }
    return counter
}
