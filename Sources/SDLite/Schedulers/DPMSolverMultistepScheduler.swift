/// DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095; diffusers' `scheduling_dpmsolver_multistep.py`), of first to third
/// order, without and with noise in every step ("DPM++ 2M", "DPM++ 2M SDE").
public struct DPMSolverMultistepScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration = LMSDiscreteScheduler.defaultConfiguration

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }

    /// Runs of fewer steps than this lower the order at their end.
    private static let fewSteps = 15
    private let isStochastic: Bool
    private let table: [Float]
    private var steps = SigmaSteps()
    /// The last predicted originals, at most as many as the order, newest first.
    private var originals: [Latents] = []

    /// - Throws: `SchedulerError` for a configuration that makes no sense, or a solver other than DPM-Solver++.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkSigmaSpacing()
        try configuration.checkSolverOrder()
        try configuration.refuse(["use_flow_sigmas", "use_lu_lambdas", "lambda_min_clipped", "variance_type"])
        switch configuration.algorithmType {
        case .dpmSolverPlusPlus, .deis: isStochastic = false
        case .sdeDPMSolverPlusPlus: isStochastic = true
        case .dpmSolver, .sdeDPMSolver:
            throw SchedulerError.unknownValue(
                option: "algorithm_type", value: configuration.algorithmType.rawValue,
                known: [AlgorithmType.dpmSolverPlusPlus, .sdeDPMSolverPlusPlus].map(\.rawValue))
        }
        self.configuration = configuration
        table = try NoiseSchedule(finite: configuration).sigmas
    }

    public mutating func setTimesteps(_ count: Int) throws {
        let isCosine = configuration.betaSchedule == .squaredCosine
        steps = try SigmaSteps(solver: count, of: configuration, table: table) { $0 == .karras && !isCosine }
        originals = []
    }

    /// With noise, draws it in every step, in the last one too, where its share may be 0.
    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try steps.nextPosition(at: timestep)
        let newest = try configuration.original(modelOutput, sample: sample, at: NoiseLevel(sigma: sigmas[position]))
        let history = [newest] + originals.prefix(configuration.solverOrder - 1)
        let drawn = isStochastic ? try noise(sample.shape) : nil
        // Where the noise level stays the same, so does the sample.
        let next =
            sigmas[position + 1] == sigmas[position]
            ? sample : try self.next(sample, at: position, history, drawn)
        originals = history
        steps.advance(past: position)
        return next
    }

    /// The highest order that a step may have.
    private func order(at position: Int) -> Int {
        let isShort = configuration.lowerOrderFinal && timesteps.count < Self.fewSteps
        switch timesteps.count - position {
        case 1 where isShort || configuration.eulerAtFinal || configuration.finalSigmasType == .zero: return 1
        case 2 where isShort: return 2
        default: return configuration.solverOrder
        }
    }

    /// - Parameter noise: nil without noise.
    private func next(
        _ sample: Latents, at position: Int, _ originals: [Latents], _ noise: Latents?
    ) throws -> Latents {
        let order = min(originals.count, order(at: position))
        let target = NoiseLevel(sigma: sigmas[position + 1])
        let levels = (0..<order).map { NoiseLevel(sigma: sigmas[position - $0]) }
        let weights = DPMSolverWeights(
            from: levels[0], to: target, order: order, isStochastic: isStochastic,
            isHeun: configuration.solverType == .heun)
        var next = try weights.sample * sample + weights.original * originals[0]
        let h = target.lambda - levels[0].lambda
        if order == 2 {
            let ratio = (levels[0].lambda - levels[1].lambda) / h
            next = try next + weights.first * ((1 / ratio) * (originals[0] - originals[1]))
        } else if order == 3 {
            let ratio0 = (levels[0].lambda - levels[1].lambda) / h
            let ratio1 = (levels[1].lambda - levels[2].lambda) / h
            let newer = (1 / ratio0) * (try originals[0] - originals[1])
            let older = (1 / ratio1) * (try originals[1] - originals[2])
            let change = try newer - older
            let first = try newer + (ratio0 / (ratio0 + ratio1)) * change
            next = try next + weights.first * first + weights.second * ((1 / (ratio0 + ratio1)) * change)
        }
        return try noise.map { try next + weights.noise * $0 } ?? next
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try NoiseLevel(sigma: sigmas[steps.position(of: timestep)]).mixed(original, noise)
    }
}
