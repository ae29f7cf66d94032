/// Euler's method over the noise levels sigma (algorithm 2 of Karras et al. 2022, arXiv 2206.00364, without its churn;
/// diffusers' `scheduling_euler_discrete.py`): SD-Turbo's own.
public struct EulerDiscreteScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration = LMSDiscreteScheduler.defaultConfiguration

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }
    public var initNoiseSigma: Float { steps.initNoiseSigma }

    private let table: [Float]
    private var steps = SigmaSteps()

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkSigmaSpacing()
        try configuration.refuse(["interpolation_type", "timestep_type", "sigma_min", "sigma_max"])
        self.configuration = configuration
        table = try NoiseSchedule(finite: configuration).sigmas
    }

    public mutating func setTimesteps(_ count: Int) throws {
        let last = configuration.finalSigmasType == .zero ? 0 : table[0]
        steps = try SigmaSteps(count, of: configuration, table: table, last: last)
    }

    public func scaleModelInput(_ sample: Latents, timestep: Double) throws -> Latents {
        try steps.scaled(sample, timestep: timestep)
    }

    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try steps.nextPosition(at: timestep)
        let sigma = sigmas[position]
        let original = try configuration.predictionType.original(modelOutput, sample: sample, sigma: sigma)
        let derivative = try (sample - original) / sigma
        let next = try sample + derivative * (sigmas[position + 1] - sigma)
        steps.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try steps.addNoise(original, noise: noise, timestep: timestep)
    }
}
