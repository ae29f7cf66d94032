import Glibc

/// `torch.randn` of float32 on the CPU (aten/src/ATen/native/cpu/DistributionTemplates.h, `normal_fill`, and
/// aten/src/ATen/core/DistributionsHelper.h, `normal_distribution`).
struct TorchCPURandom: Sendable {
    private var engine: MersenneTwister
    /// Short calls draw pairs; an unused second value waits here for the next short call.
    private var kept: Double?

    init(seed: UInt64) { engine = MersenneTwister(seed: seed) }

    mutating func normal(_ count: Int) -> [Float] {
        count < 16 ? (0..<count).map { _ in Float(normalDouble()) } : normalBlocks(count)
    }

    /// Box–Muller in double precision: the cosine first, the sine kept.
    private mutating func normalDouble() -> Double {
        if let value = kept {
            kept = nil
            return value
        }
        let (u1, u2) = (uniform53(), uniform53())
        let radius = (-2 * log1p(-u2)).squareRoot()
        let angle = 2 * Double.pi * u1
        kept = radius * sin(angle)
        return radius * cos(angle)
    }

    /// All the uniforms first, then Box–Muller on every 16 of them. A remainder has the last 16 drawn afresh.
    private mutating func normalBlocks(_ count: Int) -> [Float] {
        var values = (0..<count).map { _ in uniform24() }
        for start in stride(from: 0, through: count - 16, by: 16) { boxMuller(&values, start) }
        if count % 16 != 0 {
            for i in count - 16..<count { values[i] = uniform24() }
            boxMuller(&values, count - 16)
        }
        return values
    }

    private func boxMuller(_ values: inout [Float], _ start: Int) {
        for i in start..<start + 8 {
            let radius = (-2 * cephesLog(1 - values[i])).squareRoot()
            // Float.pi is rounded down; PyTorch's 2π is the nearest float.
            let (sine, cosine) = cephesSinCos(Float(2 * Double.pi) * values[i + 8])
            values[i] = radius * cosine
            values[i + 8] = radius * sine
        }
    }

    private mutating func uniform24() -> Float { Float(engine.next() & 0xff_ffff) * 0x1p-24 }

    private mutating func uniform53() -> Double {
        let high = UInt64(engine.next())
        return Double((high << 32 | UInt64(engine.next())) & (1 << 53 - 1)) * 0x1p-53
    }
}
