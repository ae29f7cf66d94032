/// Heun's method over the noise levels sigma (algorithm 1 of Karras et al. 2022, arXiv 2206.00364; diffusers'
/// `scheduling_heun_discrete.py`): a step of Euler's, then again from its start with the mean of the slopes at both of
/// its ends. So the model is evaluated twice a step, but once in the last, which ends without noise.
public struct HeunDiscreteScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration: SchedulerConfiguration = {
        var configuration = LMSDiscreteScheduler.defaultConfiguration
        configuration.betaStart = 0.00085
        configuration.betaEnd = 0.012
        configuration.clipSample = false
        return configuration
    }()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }
    public var initNoiseSigma: Float { steps.initNoiseSigma }

    private let table: [Float]
    private var steps = SigmaSteps()
    /// Of a step that is half done: the sample that it started from, and the slope there.
    private var start: (sample: Latents, derivative: Latents)?

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkSigmaSpacing()
        var configuration = configuration
        configuration.thresholding = false  // which it does not have
        self.configuration = configuration
        table = try NoiseSchedule(configuration).sigmas
    }

    public mutating func setTimesteps(_ count: Int) throws {
        steps = try SigmaSteps(count, of: configuration, table: table).doubled()
        start = nil
    }

    public func scaleModelInput(_ sample: Latents, timestep: Double) throws -> Latents {
        try steps.scaled(sample, timestep: timestep)
    }

    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try steps.nextPosition(at: timestep)
        let sigma = sigmas[position]
        let original = configuration.clipped(
            try configuration.predictionType.original(modelOutput, sample: sample, sigma: sigma))
        let derivative = try (sample - original) / sigma
        let next: Latents
        if let start {
            let mean = try (start.derivative + derivative) / 2
            next = try start.sample + mean * (sigma - sigmas[position - 1])
            self.start = nil
        } else {
            next = try sample + derivative * (sigmas[position + 1] - sigma)
            start = (sample, derivative)
        }
        steps.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try steps.addNoise(original, noise: noise, timestep: timestep)
    }
}
