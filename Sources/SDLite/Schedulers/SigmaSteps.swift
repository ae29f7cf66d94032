/// The steps of a method that works with noise levels (sigmas) instead of timesteps, as k-diffusion's do.
struct SigmaSteps: Sendable {
    private var sequence = TimestepSequence()
    var timesteps: [Double] { sequence.timesteps }
    /// The noise level at each of `timesteps`, and 0 after the last.
    private(set) var sigmas: [Float] = []
    private(set) var initNoiseSigma: Float = 1

    /// No steps yet.
    init() {}

    /// - Parameter table: the noise level by training timestep, increasing.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining` or `.unusableNoiseLevels`.
    init(_ count: Int, of configuration: SchedulerConfiguration, table: [Float]) throws {
        var visited = try configuration.spacedTimesteps(count, rounded: false).map { Double(Float($0)) }
        var levels = visited.map { interpolate(table, at: $0) }
        if configuration.useKarrasSigmas || configuration.useExponentialSigmas {
            levels = configuration.useKarrasSigmas ? karrasSigmas(levels) : exponentialSigmas(levels)
            let inverse = SigmaInverse(table)
            visited = levels.map { Double(Float(inverse.timestep(of: $0))) }
        }
        sigmas = levels.map { Float($0) } + [0]
        let areDistinct = zip(sigmas, sigmas.dropFirst()).allSatisfy { $0 > $1 && $0.isFinite }
        guard areDistinct, visited.allSatisfy({ $0.isFinite }) else {
            throw SchedulerError.unusableNoiseLevels
        }
        sequence = TimestepSequence(visited)
        let largest = sigmas[0]
        initNoiseSigma = configuration.timestepSpacing == .leading ? (largest * largest + 1).squareRoot() : largest
    }

    /// Refuses what no such method can do.
    static func check(_ configuration: SchedulerConfiguration) throws {
        if configuration.useBetaSigmas { throw SchedulerError.unsupportedOption("use_beta_sigmas") }
        if configuration.useKarrasSigmas, configuration.useExponentialSigmas {
            throw SchedulerError.unsupportedOption("use_karras_sigmas together with use_exponential_sigmas")
        }
    }

    /// - Throws: `SchedulerError` for a timestep that is not the next.
    func nextPosition(at timestep: Double) throws -> Int { try sequence.nextPosition(at: timestep) }

    mutating func advance(past position: Int) { sequence.advance(past: position) }

    /// The sample as the model wants to see it: of unit variance.
    func scaled(_ sample: Latents, timestep: Double) throws -> Latents {
        let sigma = sigmas[try nextPosition(at: timestep)]
        return sample / (sigma * sigma + 1).squareRoot()
    }

    func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try original + noise * sigmas[try sequence.position(of: timestep)]
    }
}
