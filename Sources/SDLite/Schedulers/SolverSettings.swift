/// Where the last step of a method over noise levels ends.
public enum FinalSigmasType: String, CaseIterable, Sendable {
    /// Without noise.
    case zero
    /// At the noise level of the first training timestep.
    case sigmaMin = "sigma_min"
}

/// How a DPM solver models the process, and whether with noise; only the "++" ones, which predict the original, are
/// implemented.
public enum AlgorithmType: String, CaseIterable, Sendable {
    /// Predicts the noise (Lu et al. 2022, arXiv 2206.00927); refused.
    case dpmSolver = "dpmsolver"
    /// DPM-Solver++ (arXiv 2211.01095).
    case dpmSolverPlusPlus = "dpmsolver++"
    /// Predicts the noise, and adds some in every step; refused.
    case sdeDPMSolver = "sde-dpmsolver"
    /// DPM-Solver++ with noise in every step.
    case sdeDPMSolverPlusPlus = "sde-dpmsolver++"
    /// Another solver's, for which diffusers takes DPM-Solver++.
    case deis
}

/// How the multistep solvers make a step of second order; each takes its default for those of others.
public enum SolverType: String, CaseIterable, Sendable {
    /// DPM++: the derivative at the midpoint.
    case midpoint
    /// DPM++: the derivative's integral.
    case heun
    /// Another solver's.
    case logrho
    /// UniPC: B(h) = h.
    case bh1
    /// UniPC: B(h) = exp(h) - 1.
    case bh2
}
