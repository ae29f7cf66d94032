/// UniPC (Zhao et al. 2023, arXiv 2302.04867; diffusers' `scheduling_unipc_multistep.py`): a multistep predictor whose
/// steps are corrected with the model's output at their end, which the next step asks for anyway.
public struct UniPCMultistepScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration = LMSDiscreteScheduler.defaultConfiguration

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { steps.timesteps }
    public var sigmas: [Float] { steps.sigmas }

    private let table: [Float]
    private var steps = SigmaSteps()
    /// The last predicted originals, at most as many as the order, newest first.
    private var originals: [Latents] = []
    /// What the last step started from, corrected, and its order.
    private var last: (sample: Latents, order: Int)?

    /// - Throws: `SchedulerError` for a configuration that makes no sense, or what is not implemented.
    public init(_ configuration: SchedulerConfiguration) throws {
        try configuration.checkSigmaSpacing()
        try configuration.checkSolverOrder()
        try configuration.refuse([
            "use_flow_sigmas", "sigma_min", "sigma_max", "predict_x0", "disable_corrector", "solver_p",
        ])
        guard configuration.lowerOrderFinal || configuration.finalSigmasType != .zero || configuration.solverOrder == 1
        else {
            throw SchedulerError.outOfRange(
                option: "lower_order_final", value: "false", expected: "true where final_sigmas_type is zero")
        }
        self.configuration = configuration
        table = try NoiseSchedule(finite: configuration).sigmas
    }

    public mutating func setTimesteps(_ count: Int) throws {
        steps = try SigmaSteps(solver: count, of: configuration, table: table) { $0 == .karras }
        originals = []
        last = nil
    }

    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try steps.nextPosition(at: timestep)
        let newest = try configuration.original(modelOutput, sample: sample, at: NoiseLevel(sigma: sigmas[position]))
        let start =
            try last.map {
                try update($0.sample, from: position - 1, order: $0.order, originals, corrected: newest)
            } ?? sample
        let history = [newest] + originals.prefix(configuration.solverOrder - 1)
        let remaining = configuration.lowerOrderFinal ? timesteps.count - position : configuration.solverOrder
        let order = min(history.count, remaining)
        // Where the noise level stays the same, so does the sample.
        let next =
            sigmas[position + 1] == sigmas[position]
            ? start : try update(start, from: position, order: order, history, corrected: nil)
        originals = history
        last = (start, order)
        steps.advance(past: position)
        return next
    }

    /// One step of the predictor, or of the corrector, which also knows the original predicted at its end.
    private func update(
        _ sample: Latents, from position: Int, order: Int, _ originals: [Latents], corrected: Latents?
    ) throws -> Latents {
        let (level, target) = (NoiseLevel(sigma: sigmas[position]), NoiseLevel(sigma: sigmas[position + 1]))
        let h = target.lambda - level.lambda
        let ratios = (1..<order).map { (NoiseLevel(sigma: sigmas[position - $0]).lambda - level.lambda) / h }
        let weights = UniPCWeights(h, ratios: ratios, isBH1: configuration.solverType == .bh1)
        let shares = corrected == nil ? weights.predictor : weights.corrector

        let factor = target.noiseShare / level.noiseShare
        let plain = try factor * sample - (target.pictureShare * weights.phi) * originals[0]
        var changes: [Latents] = try zip(ratios, originals.dropFirst()).map { try ($1 - originals[0]) / $0 }
        if let corrected { changes.append(try corrected - originals[0]) }
        guard var sum = changes.first.map({ shares[0] * $0 }) else { return plain }
        for (share, change) in zip(shares, changes).dropFirst() { sum = try sum + share * change }
        return try plain - (target.pictureShare * weights.scale) * sum
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try NoiseLevel(sigma: sigmas[steps.position(of: timestep)]).mixed(original, noise)
    }
}
