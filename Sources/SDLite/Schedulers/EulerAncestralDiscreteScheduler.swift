/// Euler's method with fresh noise in every step, "Euler a" (Katherine Crowson's k-diffusion; diffusers'
/// `scheduling_euler_ancestral_discrete.py`): each step goes further down than asked for, and noise brings it up again.
/// It has no spacings of noise levels but those by timesteps.
public struct EulerAncestralDiscreteScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration = LMSDiscreteScheduler.defaultConfiguration

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }
    public var initNoiseSigma: Float { steps.initNoiseSigma }

    private let table: [Float]
    private var steps = SigmaSteps()

    /// - Throws: `SchedulerError` for a configuration that makes no sense, or one that predicts the sample.
    public init(_ configuration: SchedulerConfiguration) throws {
        guard configuration.predictionType != .sample else {
            throw SchedulerError.unknownValue(
                option: "prediction_type", value: "sample", known: ["epsilon", "v_prediction"])
        }
        var configuration = configuration
        configuration.sigmaSpacing = nil
        self.configuration = configuration
        table = try NoiseSchedule(finite: configuration).sigmas
    }

    public mutating func setTimesteps(_ count: Int) throws {
        steps = try SigmaSteps(count, of: configuration, table: table)
    }

    public func scaleModelInput(_ sample: Latents, timestep: Double) throws -> Latents {
        try steps.scaled(sample, timestep: timestep)
    }

    /// Draws noise in every step, in the last one too, where its share is 0.
    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try steps.nextPosition(at: timestep)
        let (sigma, target) = (sigmas[position], sigmas[position + 1])
        let original = try configuration.predictionType.original(modelOutput, sample: sample, sigma: sigma)
        let up = (target * target * (sigma * sigma - target * target) / (sigma * sigma)).squareRoot()
        let down = (target * target - up * up).squareRoot()
        let derivative = try (sample - original) / sigma
        let denoised = try sample + derivative * (down - sigma)
        let next = try denoised + noise(sample.shape) * up
        steps.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try steps.addNoise(original, noise: noise, timestep: timestep)
    }
}
