import Glibc

/// What a step of DPM-Solver++ adds up (Lu et al. 2022, arXiv 2211.01095, with noise their section 6).
struct DPMSolverWeights {
    let sample: Float
    /// Of the predicted original.
    let original: Float
    /// Of its first derivative by lambda times the step.
    var first: Float = 0
    /// Of its second derivative by lambda times the step's square.
    var second: Float = 0
    var noise: Float = 0

    /// - Parameter isHeun: integrates the first derivative exactly in a step of second order, instead of at its midpoint.
    init(from level: NoiseLevel, to target: NoiseLevel, order: Int, isStochastic: Bool, isHeun: Bool) {
        let h = target.lambda - level.lambda
        let alpha = target.pictureShare
        if isStochastic {
            let gain = 1 - exp(-2 * h)
            sample = target.noiseShare / level.noiseShare * exp(-h)
            original = alpha * gain
            noise = target.noiseShare * gain.squareRoot()
            if order == 2, !isHeun { first = 0.5 * original }
            if order == 3 || order == 2 && isHeun { first = alpha * (gain / (-2 * h) + 1) }
            if order == 3 { second = alpha * ((gain - 2 * h) / ((2 * h) * (2 * h)) - 0.5) }
        } else {
            let decay = exp(-h) - 1
            sample = target.noiseShare / level.noiseShare
            original = -(alpha * decay)
            if order == 2, !isHeun { first = 0.5 * original }
            if order == 3 || order == 2 && isHeun { first = alpha * (decay / h + 1) }
            if order == 3 { second = -(alpha * ((decay + h) / (h * h) - 0.5)) }
        }
    }
}
