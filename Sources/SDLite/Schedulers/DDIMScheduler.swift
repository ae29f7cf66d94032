/// Denoising diffusion implicit models (Song et al. 2020, arXiv 2010.02502; diffusers' `scheduling_ddim.py`).
public struct DDIMScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration: SchedulerConfiguration = {
        var configuration = SchedulerConfiguration()
        configuration.setAlphaToOne = true
        return configuration
    }()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { sequence.timesteps }

    private let schedule: NoiseSchedule
    private let finalAlpha: Float
    private var sequence = TimestepSequence()

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        self.configuration = configuration
        schedule = try NoiseSchedule(configuration, zeroTerminalSNR: configuration.rescaleBetasZeroSNR)
        finalAlpha = configuration.setAlphaToOne ? 1 : schedule.alphasCumprod[0]
    }

    public mutating func setTimesteps(_ count: Int) throws {
        sequence = TimestepSequence(try configuration.spacedTimesteps(count, rounded: true))
    }

    /// Formula 12: the predicted original, the direction pointing back to the sample, and noise.
    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        _ = try sequence.position(of: timestep)
        let timestep = Int(timestep)
        let alpha = schedule.alphasCumprod[timestep]
        let alphaNext = schedule.alphaCumprod(timestep - configuration.stride(for: timesteps.count), final: finalAlpha)
        let prediction = configuration.predictionType
        let original = configuration.clipped(try prediction.original(modelOutput, sample: sample, alpha: alpha))
        let predictedNoise = try prediction.noise(modelOutput, sample: sample, alpha: alpha)

        // Formula 16.
        let variance = ((1 - alphaNext) / (1 - alpha)) * (1 - alpha / alphaNext)
        let deviation = Float(configuration.eta) * variance.squareRoot()
        let originalShare = alphaNext.squareRoot()
        let noiseShare = (1 - alphaNext - deviation * deviation).squareRoot()
        let next = try originalShare * original + noiseShare * predictedNoise
        return configuration.eta > 0 ? try next + deviation * noise(next.shape) : next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try schedule.addNoise(original, noise: noise, timestep: timestep)
    }
}
