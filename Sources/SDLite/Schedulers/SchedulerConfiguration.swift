/// How the variance of the forward process grows over the training timesteps.
public enum BetaSchedule: String, CaseIterable, Sendable {
    /// Evenly spaced betas (Ho et al. 2020).
    case linear
    /// Evenly spaced square roots of the betas: Stable Diffusion's own.
    case scaledLinear = "scaled_linear"
    /// Betas from a squared cosine of the cumulative product, at most 0.999 (Nichol and Dhariwal 2021).
    case squaredCosine = "squaredcos_cap_v2"
}

/// The settings of a scheduler, named as in diffusers' `scheduler_config.json`.
///
/// Not every scheduler reads every setting. `SchedulerKind.configuration` reads them from a file, and every scheduler
/// has a `defaultConfiguration`; either may be changed before a scheduler is made of it, which checks it.
public struct SchedulerConfiguration: Sendable, Equatable {
    /// Timesteps of the forward process that the model was trained with, at most 100,000.
    public var numTrainTimesteps = 1000
    /// Variance that is added at the first timestep; 0.00085 for Stable Diffusion.
    public var betaStart = 0.0001
    /// Variance that is added at the last timestep; 0.012 for Stable Diffusion.
    public var betaEnd = 0.02
    /// What lies between `betaStart` and `betaEnd`.
    public var betaSchedule = BetaSchedule.linear
    /// Betas given one by one, `numTrainTimesteps` of them, instead of a schedule.
    public var trainedBetas: [Double]?
    /// What the model predicts.
    public var predictionType = PredictionType.epsilon
    /// Which of the training timesteps are visited.
    public var timestepSpacing = TimestepSpacing.leading
    /// Added to every timestep of leading spacing.
    public var stepsOffset = 0
    /// PNDM, DDIM: the last step ends at a cumulative alpha of 1 instead of at that of timestep 0.
    public var setAlphaToOne = false
    /// PNDM: start with a linear multistep method instead of with Runge-Kutta steps.
    public var skipPRKSteps = false
    /// DDIM: clip the predicted original to ±`clipSampleRange`.
    public var clipSample = true
    /// DDIM: the largest magnitude that `clipSample` leaves.
    public var clipSampleRange = 1.0
    /// DDIM: clip to a quantile of the predicted original instead (Saharia et al. 2022, arXiv 2205.11487).
    public var thresholding = false
    /// DDIM: the quantile of `thresholding`, 0…1.
    public var dynamicThresholdingRatio = 0.995
    /// DDIM: the most that the quantile of `thresholding` may be.
    public var sampleMaxValue = 1.0
    /// DDIM: rescale the betas so that nothing of the picture is left at the last timestep (arXiv 2305.08891).
    public var rescaleBetasZeroSNR = false
    /// K-LMS: the noise levels of Karras et al. 2022 (arXiv 2206.00364, equation 5).
    public var useKarrasSigmas = false
    /// K-LMS: noise levels whose logarithms are evenly spaced.
    public var useExponentialSigmas = false
    /// K-LMS: not implemented, and refused.
    public var useBetaSigmas = false
    /// DDIM: how much of DDPM's noise each step adds, 0 (none, deterministic) to 1 (all of it). diffusers takes it in
    /// each step instead of from the file.
    public var eta = 0.0

    /// What diffusers' classes have in common; each also has a `defaultConfiguration` of its own.
    public init() {}

    /// The training timesteps between two steps; what the previous timestep is computed with, whatever the spacing.
    func stride(for count: Int) -> Int { numTrainTimesteps / count }

    func spacedTimesteps(_ count: Int, rounded: Bool) throws -> [Double] {
        try timestepSpacing.timesteps(count, of: numTrainTimesteps, stepsOffset: stepsOffset, rounded: rounded)
    }

    /// Checks what every scheduler relies on.
    func validate() throws {
        try check("num_train_timesteps", numTrainTimesteps, 1...100_000)
        try check("steps_offset", stepsOffset, 0...numTrainTimesteps)
        try check("clip_sample_range", clipSampleRange, 0...1e6)
        try check("dynamic_thresholding_ratio", dynamicThresholdingRatio, 0...1)
        try check("sample_max_value", sampleMaxValue, 0...1e6)
        try check("eta", eta, 0...1)
        if let trainedBetas {
            guard trainedBetas.count == numTrainTimesteps else {
                throw SchedulerError.outOfRange(
                    option: "trained_betas", value: "a list of \(trainedBetas.count)",
                    expected: "num_train_timesteps (\(numTrainTimesteps)) numbers")
            }
            for beta in trainedBetas { try check("trained_betas", beta, 0...1) }
        } else {
            try check("beta_start", betaStart, 1e-9...0.999)
            try check("beta_end", betaEnd, 1e-9...0.999)
        }
    }

    private func check<T: Comparable>(_ option: String, _ value: T, _ range: ClosedRange<T>) throws {
        guard range.contains(value) else {
            throw SchedulerError.outOfRange(
                option: option, value: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
