import FoundationEssentials
import Glibc

/// The forward process: how much of the picture is left at each training timestep.
///
/// Equal to torch's values to the bit, which takes its `linspace` (a fused multiply-add from the nearer end) and its
/// `cumprod` (accumulated in double precision, each element rounded).
struct NoiseSchedule: Sendable {
    /// The cumulative product of `1 - beta`, by timestep; its square root is the picture's share of the sample.
    let alphasCumprod: [Float]

    init(_ configuration: SchedulerConfiguration, zeroTerminalSNR: Bool = false) throws {
        try configuration.validate()
        var betas = Self.betas(configuration)
        if zeroTerminalSNR { betas = Self.rescaledToZeroTerminalSNR(betas) }
        alphasCumprod = Self.cumulativeProduct(betas.map { 1 - $0 })
    }

    /// For methods over noise levels: with zero terminal SNR, as the configuration says, so little of the picture is left
    /// at the last timestep (2⁻²⁴ of the variance, as in diffusers) that its noise level is not infinite.
    init(finite configuration: SchedulerConfiguration) throws {
        let schedule = try Self(configuration, zeroTerminalSNR: configuration.rescaleBetasZeroSNR)
        alphasCumprod =
            configuration.rescaleBetasZeroSNR ? schedule.alphasCumprod.dropLast() + [0x1p-24] : schedule.alphasCumprod
    }

    /// The standard deviation of the noise relative to the picture, by timestep.
    var sigmas: [Float] {
        alphasCumprod.map { ((1 - $0) / $0).squareRoot() }
    }

    /// The cumulative alpha at `timestep`; below 0, after the last step, it is `final`.
    func alphaCumprod(_ timestep: Int, final: Float) -> Float {
        timestep >= 0 ? alphasCumprod[timestep] : final
    }

    /// `original` and `noise` mixed as they are at `timestep` (Ho et al. 2020, equation 4).
    /// - Throws: `SchedulerError.unknownTimestep` for anything but a whole number below that of the training timesteps.
    func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        guard let index = Int(exactly: timestep), alphasCumprod.indices.contains(index) else {
            throw SchedulerError.unknownTimestep(timestep)
        }
        let alpha = alphasCumprod[index]
        return try alpha.squareRoot() * original + (1 - alpha).squareRoot() * noise
    }

    private static func betas(_ configuration: SchedulerConfiguration) -> [Float] {
        if let betas = configuration.trainedBetas { return betas.map { Float($0) } }
        let count = configuration.numTrainTimesteps
        switch configuration.betaSchedule {
        case .linear:
            return linspace(Float(configuration.betaStart), Float(configuration.betaEnd), count: count)
        case .scaledLinear:
            let start = Float(configuration.betaStart.squareRoot())
            let end = Float(configuration.betaEnd.squareRoot())
            return linspace(start, end, count: count).map { $0 * $0 }
        case .squaredCosine:
            func alphaBar(_ time: Double) -> Double {
                let cosine = cos((time + 0.008) / 1.008 * Double.pi / 2)
                return cosine * cosine
            }
            return (0..<count).map { index in
                let start = alphaBar(Double(index) / Double(count))
                let end = alphaBar(Double(index + 1) / Double(count))
                return Float(min(1 - end / start, 0.999))
            }
        }
    }

    private static func linspace(_ start: Float, _ end: Float, count: Int) -> [Float] {
        guard count > 1 else { return [start] }
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? start.addingProduct(step, Float(index))
                : end.addingProduct(-step, Float(count - 1 - index))
        }
    }

    private static func cumulativeProduct(_ values: [Float]) -> [Float] {
        var product = 1.0
        return values.map { value in
            product *= Double(value)
            return Float(product)
        }
    }

    /// Algorithm 1 of Lin et al. 2023 (arXiv 2305.08891).
    private static func rescaledToZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        let roots = cumulativeProduct(betas.map { 1 - $0 }).map { $0.squareRoot() }
        guard let first = roots.first, let last = roots.last else { return betas }
        let scale = first / (first - last)
        let bars = roots.map { root in
            let scaled = (root - last) * scale
            return scaled * scaled
        }
        return bars.indices.map { $0 == 0 ? 1 - bars[0] : 1 - bars[$0] / bars[$0 - 1] }
    }
}
