/// K-LMS: a linear multistep method of fourth order over the noise levels sigma (diffusers'
/// `scheduling_lms_discrete.py`, after Katherine Crowson's k-diffusion).
public struct LMSDiscreteScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration: SchedulerConfiguration = {
        var configuration = SchedulerConfiguration()
        configuration.timestepSpacing = .linspace
        return configuration
    }()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }
    public var initNoiseSigma: Float { steps.initNoiseSigma }

    private static let order = 4
    private let schedule: NoiseSchedule
    private var steps = SigmaSteps()
    /// The last derivatives of the sample by sigma, at most four, newest first.
    private var derivatives: [Latents] = []

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkSigmaSpacing()
        self.configuration = configuration
        schedule = try NoiseSchedule(configuration)
    }

    public mutating func setTimesteps(_ count: Int) throws {
        steps = try SigmaSteps(count, of: configuration, table: schedule.sigmas)
        derivatives = []
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
        let newest = try (sample - original) / sigma
        let history = [newest] + derivatives.prefix(Self.order - 1)

        // After a start in the middle of the schedule there are fewer derivatives than coefficients; as in diffusers
        // the coefficients are nevertheless those of the full order.
        let coefficients = multistepCoefficients(sigmas, at: position, order: min(position + 1, Self.order))
        var change = coefficients[0] * newest
        for (coefficient, derivative) in zip(coefficients, history).dropFirst() {
            change = try change + coefficient * derivative
        }
        let next = try sample + change
        derivatives = history
        steps.advance(past: position)
        return next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try steps.addNoise(original, noise: noise, timestep: timestep)
    }
}
