/// The steps of a method that works with noise levels (sigmas) instead of timesteps.
struct SigmaSteps: Sendable {
    private var sequence = TimestepSequence()
    var timesteps: [Double] { sequence.timesteps }
    /// The noise level at each of `timesteps`, and the one after the last, usually 0.
    private(set) var sigmas: [Float] = []
    /// What the k-diffusion methods start with, whose samples are the picture plus sigma times noise.
    private(set) var initNoiseSigma: Float = 1

    /// No steps yet.
    init() {}

    /// The steps of k-diffusion's methods (Euler, Heun, K-LMS): noise levels between the first and the last visited.
    ///
    /// - Parameters:
    ///   - table: the noise level by training timestep, increasing.
    ///   - last: the noise level after the last step.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining` or `.unusableNoiseLevels`.
    init(_ count: Int, of configuration: SchedulerConfiguration, table: [Float], last: Float = 0) throws {
        var visited = try configuration.spacedTimesteps(count, rounded: false).map { Double(Float($0)) }
        var levels = visited.map { interpolate(table, at: $0) }
        if let spacing = configuration.sigmaSpacing {
            levels = spacing.levels(from: levels[0], to: levels[count - 1], count: count)
            let inverse = SigmaInverse(table)
            visited = levels.map { Double(Float(inverse.timestep(of: $0))) }
        }
        try self.init(timesteps: visited, levels: levels, last: last)
        let largest = sigmas[0]
        initNoiseSigma = configuration.timestepSpacing == .leading ? (largest * largest + 1).squareRoot() : largest
    }

    /// The steps of the multistep solvers (DPM++, UniPC): whole timesteps, noise levels between those of the training.
    ///
    /// - Parameters:
    ///   - table: the noise level by training timestep, increasing.
    ///   - rounded: of the spacings of noise levels whose timesteps are rounded; those of others are truncated.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining` or `.unusableNoiseLevels`.
    init(
        solver count: Int, of configuration: SchedulerConfiguration, table: [Float], rounded: (SigmaSpacing) -> Bool
    ) throws {
        var visited = try configuration.solverTimesteps(count)
        var levels = visited.map { interpolate(table, at: $0) }
        if let spacing = configuration.sigmaSpacing {
            levels = spacing.levels(from: Double(table[table.count - 1]), to: Double(table[0]), count: count)
            let inverse = SigmaInverse(table)
            visited = levels.map {
                inverse.timestep(of: $0).rounded(rounded(spacing) ? .toNearestOrEven : .towardZero)
            }
        }
        try self.init(
            timesteps: visited, levels: levels, last: configuration.finalSigmasType == .zero ? 0 : table[0])
    }

    private init(timesteps: [Double], levels: [Double], last: Float) throws {
        let levels = levels.map { Float($0) }
        let areDistinct = zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 }
        // The last step may be one that changes nothing.
        guard areDistinct, levels.allSatisfy({ $0.isFinite && $0 > 0 && $0 >= last }),
            timesteps.allSatisfy({ $0.isFinite })
        else { throw SchedulerError.unusableNoiseLevels }
        sigmas = levels + [last]
        sequence = TimestepSequence(timesteps, startsAtRepetition: true)
    }

    /// The same steps for a method that evaluates the model twice in all but the last: at a noise level and at the next.
    func doubled() -> SigmaSteps {
        func repeated<Value>(_ values: some Collection<Value>) -> [Value] { values.flatMap { [$0, $0] } }
        var steps = self
        steps.sigmas = [sigmas[0]] + repeated(sigmas[1..<sigmas.count - 1]) + [sigmas[sigmas.count - 1]]
        steps.sequence = TimestepSequence(
            [timesteps[0]] + repeated(timesteps.dropFirst()), startsAtRepetition: true)
        return steps
    }

    /// - Throws: `SchedulerError` for a timestep that is not the next.
    func nextPosition(at timestep: Double) throws -> Int { try sequence.nextPosition(at: timestep) }

    /// - Throws: `SchedulerError` for a timestep that is none of them.
    func position(of timestep: Double) throws -> Int { try sequence.position(of: timestep) }

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
