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
    /// DDIM, Heun, LCM: clip the predicted original to ±`clipSampleRange`.
    public var clipSample = true
    /// The largest magnitude that `clipSample` leaves.
    public var clipSampleRange = 1.0
    /// DDIM, LCM, DPM++, UniPC: clip to a quantile of the predicted original instead (Saharia et al. 2022, arXiv 2205.11487).
    public var thresholding = false
    /// The quantile of `thresholding`, 0…1.
    public var dynamicThresholdingRatio = 0.995
    /// The most that the quantile of `thresholding` may be.
    public var sampleMaxValue = 1.0
    /// Rescale the betas so that nothing of the picture is left at the last timestep (arXiv 2305.08891): all but PNDM,
    /// K-LMS and Heun.
    public var rescaleBetasZeroSNR = false
    /// The noise levels of `SigmaSpacing.karras`: K-LMS, Euler, Heun, DPM++, UniPC, and so for the next two.
    public var useKarrasSigmas = false
    /// The noise levels of `SigmaSpacing.exponential`.
    public var useExponentialSigmas = false
    /// The noise levels of `SigmaSpacing.beta`.
    public var useBetaSigmas = false
    /// Euler, DPM++, UniPC: where the last step ends.
    public var finalSigmasType = FinalSigmasType.zero
    /// DPM++, UniPC: how many predictions a step takes into account, 1 to 3.
    public var solverOrder = 2
    /// DPM++: without or with noise in every step.
    public var algorithmType = AlgorithmType.dpmSolverPlusPlus
    /// DPM++ (Heun, or else midpoint) and UniPC (BH1, or else BH2): how a step of second order is made.
    public var solverType = SolverType.midpoint
    /// DPM++ in fewer than 15 steps, UniPC: the last steps have lower orders.
    public var lowerOrderFinal = true
    /// DPM++: the last step is of first order.
    public var eulerAtFinal = false
    /// LCM, TCD: the timesteps that the model was distilled with, of which some are visited.
    public var originalInferenceSteps = 50
    /// LCM: what the timestep is multiplied with in the boundary condition.
    public var timestepScaling = 10.0
    /// DDIM: how much of DDPM's noise each step adds, 0 (none, deterministic) to 1 (all of it). TCD: how far each step
    /// goes below the next timestep, as a share of it (the paper's gamma). diffusers takes it in each step instead of
    /// from the file.
    public var eta = 0.0
    /// Settings of the file that change the result and are not implemented; refused by schedulers that have them.
    var unimplemented: Set<String> = []

    /// What diffusers' classes have in common; each also has a `defaultConfiguration` of its own.
    public init() {}
}
