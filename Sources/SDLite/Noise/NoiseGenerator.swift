/// Which of PyTorch's generators to reproduce, so that a seed published anywhere can be replayed.
public enum NoiseSource: String, CaseIterable, Sendable {
    /// `torch.Generator("cpu")`: mt19937, as diffusers' examples and ComfyUI use it. Equal to PyTorch on x86-64 bit by
    /// bit.
    case cpu
    /// `torch.Generator("cuda")`: Philox 4x32-10, as A1111 uses it. Equal up to the last bits, in which a GPU's
    /// logarithm and sine differ, for calls of at most as many values as the GPU runs threads at once (40960 on the
    /// smallest data-centre card, the Tesla T4).
    case cuda
}

/// A stream of standard normal numbers: what successive calls of `torch.randn` with one `torch.Generator` draw.
public struct NoiseGenerator: Sendable {
    private enum Stream: Sendable {
        case cpu(TorchCPURandom)
        case cuda(TorchCUDARandom)
    }

    private var stream: Stream

    /// The most values that one call draws, 1 GiB of them.
    private static let largestCount = 1 << 28

    /// - Parameters:
    ///   - seed: as given to `manual_seed`; the CPU's generator uses its low 32 bits only
    ///   - source: the device of PyTorch's generator
    public init(seed: UInt64, source: NoiseSource = .cpu) {
        stream =
            switch source {
            case .cpu: .cpu(TorchCPURandom(seed: seed))
            case .cuda: .cuda(TorchCUDARandom(seed: seed))
            }
    }

    /// The values of `torch.randn(count, generator=…)`, float32. Further calls go on in the stream; two calls do not
    /// always give what one call for all the values would, in PyTorch neither.
    /// - Throws: `NoiseError.badCount` for a negative number of values or more than 2²⁸; then nothing is drawn
    public mutating func normal(_ count: Int) throws -> [Float] {
        guard 0...Self.largestCount ~= count else { throw NoiseError.badCount(count, most: Self.largestCount) }
        switch stream {
        case .cpu(var random):
            defer { stream = .cpu(random) }
            return random.normal(count)
        case .cuda(var random):
            defer { stream = .cuda(random) }
            return random.normal(count)
        }
    }
}
