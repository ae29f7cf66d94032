/// K-LMS: a linear multistep method of fourth order over the noise levels sigma (diffusers'
/// `scheduling_lms_discrete.py`, after Katherine Crowson's k-diffusion).
public struct LMSDiscreteScheduler: Scheduler {
    public let configuration: SchedulerConfiguration
    public private(set) var timesteps: [Double] = []
    public private(set) var initNoiseSigma: Float = 1

    /// The noise level at each of `timesteps`, and 0 after the last.
    private(set) var sigmas: [Float] = []

    private static let order = 4
    private let schedule: NoiseSchedule
    /// The position in `timesteps`, once a first step has found it.
    private var index: Int?
    /// The last derivatives of the sample by sigma, at most four, newest first.
    private var derivatives: [[Float]] = []

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public init(_ configuration: SchedulerConfiguration) throws {
        if configuration.useKarrasSigmas, configuration.useExponentialSigmas {
            throw SchedulerError.unsupportedOption("use_karras_sigmas together with use_exponential_sigmas")
        }
        self.configuration = configuration
        schedule = try NoiseSchedule(configuration)
    }

    public mutating func setTimesteps(_ count: Int) throws {
        let table = schedule.sigmas
        var visited = try configuration.spacedTimesteps(count, rounded: false).map { Double(Float($0)) }
        var levels = visited.map { interpolate(table, at: $0) }
        if configuration.useKarrasSigmas || configuration.useExponentialSigmas {
            levels = configuration.useKarrasSigmas ? karrasSigmas(levels) : exponentialSigmas(levels)
            let inverse = SigmaInverse(table)
            visited = levels.map { Double(Float(inverse.timestep(of: $0))) }
        }
        let falling = levels.map { Float($0) } + [0]
        let areDistinct = zip(falling, falling.dropFirst()).allSatisfy { $0 > $1 && $0.isFinite }
        guard areDistinct, visited.allSatisfy({ $0.isFinite }) else {
            throw SchedulerError.unusableNoiseLevels
        }
        timesteps = visited
        sigmas = falling
        let largest = sigmas[0]
        initNoiseSigma = configuration.timestepSpacing == .leading ? (largest * largest + 1).squareRoot() : largest
        index = nil
        derivatives = []
    }

    public func scaleModelInput(_ sample: [Float], timestep: Double) -> [Float] {
        let sigma = sigmas[index ?? position(of: timestep)]
        let divisor = (sigma * sigma + 1).squareRoot()
        return sample.map { $0 / divisor }
    }

    public mutating func step(
        _ modelOutput: [Float], timestep: Double, sample: [Float], noise: (Int) -> [Float]
    ) -> [Float] {
        let current = index ?? position(of: timestep)
        let derivative = derivative(modelOutput, sample: sample, sigma: sigmas[current])
        derivatives = [derivative] + derivatives.prefix(Self.order - 1)

        // After a start in the middle of the schedule there are fewer derivatives than coefficients; as in diffusers
        // the coefficients are nevertheless those of the full order.
        let coefficients = multistepCoefficients(sigmas, at: current, order: min(current + 1, Self.order))
        var change = derivative.map { coefficients[0] * $0 }
        for (coefficient, derivative) in zip(coefficients, derivatives).dropFirst() {
            change = combine(change, derivative) { $0 + coefficient * $1 }
        }
        index = current + 1
        return combine(sample, change, +)
    }

    /// The derivative of the sample by sigma: the noise that the model sees in it.
    private func derivative(_ modelOutput: [Float], sample: [Float], sigma: Float) -> [Float] {
        switch configuration.predictionType {
        case .epsilon:
            return combine(sample, modelOutput) { ($0 - ($0 - sigma * $1)) / sigma }
        case .sample:
            return combine(sample, modelOutput) { ($0 - $1) / sigma }
        case .velocity:
            let power = sigma * sigma + 1
            let outputShare = -sigma / power.squareRoot()
            return combine(sample, modelOutput) { ($0 - ($1 * outputShare + $0 / power)) / sigma }
        }
    }

    public func addNoise(_ original: [Float], noise: [Float], timestep: Double) -> [Float] {
        let sigma = sigmas[index ?? position(of: timestep)]
        return combine(original, noise) { $0 + $1 * sigma }
    }

    private func position(of timestep: Double) -> Int {
        guard let position = timesteps.firstIndex(of: timestep) else {
            preconditionFailure("\(timestep) is none of the timesteps")
        }
        return position
    }
}
