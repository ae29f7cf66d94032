/// Sampling of latent consistency models (Luo et al. 2023, arXiv 2310.04378; diffusers' `scheduling_lcm.py`): every step
/// predicts the picture, and all but the last mix it with fresh noise again.
public struct LCMScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration: SchedulerConfiguration = {
        var configuration = SchedulerConfiguration()
        configuration.betaStart = 0.00085
        configuration.betaEnd = 0.012
        configuration.betaSchedule = .scaledLinear
        configuration.clipSample = false
        configuration.setAlphaToOne = true
        return configuration
    }()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { sequence.timesteps }

    /// The standard deviation of the pictures, as LCM's authors took it.
    private static let sigmaData: Float = 0.5
    private let schedule: NoiseSchedule
    private var sequence = TimestepSequence()

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkDistillation()
        self.configuration = configuration
        schedule = try NoiseSchedule(configuration, zeroTerminalSNR: configuration.rescaleBetasZeroSNR)
    }

    public mutating func setTimesteps(_ count: Int) throws {
        sequence = TimestepSequence(try configuration.distillationTimesteps(count))
    }

    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try sequence.nextPosition(at: timestep)
        let alpha = schedule.alphasCumprod[Int(timestep)]
        let original = configuration.clipped(
            try configuration.predictionType.original(modelOutput, sample: sample, alpha: alpha))

        // The boundary condition of a consistency model: without noise the sample is the picture.
        let scaled = Float(timestep) * Float(configuration.timestepScaling)
        let variance = Self.sigmaData * Self.sigmaData
        let sampleShare = variance / (scaled * scaled + variance)
        let originalShare = scaled / (scaled * scaled + variance).squareRoot()
        var next = try originalShare * original + sampleShare * sample
        if position + 1 < timesteps.count {
            let alphaNext = schedule.alphasCumprod[Int(timesteps[position + 1])]
            next = try alphaNext.squareRoot() * next + (1 - alphaNext).squareRoot() * noise(sample.shape)
        }
        sequence.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try schedule.addNoise(original, noise: noise, timestep: timestep)
    }
}
