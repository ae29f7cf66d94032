/// Strategic stochastic sampling of trajectory consistency models (Zheng et al. 2024, arXiv 2402.19159, algorithm 4;
/// diffusers' `scheduling_tcd.py`): every step goes below the next timestep, to (1 - eta) of it, and noise brings it up
/// again. Its eta is the paper's gamma.
public struct TCDScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration: SchedulerConfiguration = {
        var configuration = LCMScheduler.defaultConfiguration
        configuration.eta = 0.3
        return configuration
    }()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { sequence.timesteps }

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
        let isLast = position + 1 == timesteps.count
        let target = isLast ? 0 : timesteps[position + 1]
        let alpha = schedule.alphasCumprod[Int(timestep)]
        let alphaBelow = schedule.alphasCumprod[Int(Float(1 - configuration.eta) * Float(target))]
        let prediction = configuration.predictionType
        let original = try prediction.original(modelOutput, sample: sample, alpha: alpha)
        let predictedNoise = try prediction.noise(modelOutput, sample: sample, alpha: alpha)
        var next = try alphaBelow.squareRoot() * original + (1 - alphaBelow).squareRoot() * predictedNoise
        if configuration.eta > 0, !isLast {
            let share = schedule.alphasCumprod[Int(target)] / alphaBelow
            next = try share.squareRoot() * next + (1 - share).squareRoot() * noise(sample.shape)
        }
        sequence.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try schedule.addNoise(original, noise: noise, timestep: timestep)
    }
}
