import Glibc

/// The distribution on 0…1 with a density proportional to `(x (1 - x))^(parameter - 1)`, for a parameter below 1.
struct SymmetricBetaDistribution {
    let parameter: Double

    /// The x that a share of the distribution lies below (scipy's `beta.ppf`), to double precision.
    ///
    /// - Parameter share: 0…1
    func quantile(_ share: Double) -> Double {
        if share > 0.5 { return 1 - quantile(1 - share) }
        guard share > 0 else { return 0 }
        // Half of the distribution lies below a half, which gives the normalisation without a gamma function.
        let target = 2 * share * unnormalised(0.5)
        // Newton's method on y = x^parameter, of which the distribution is nearly a multiple.
        var y = target * parameter
        for _ in 0..<20 {
            let x = min(pow(y, 1 / parameter), 0.5)
            y -= (unnormalised(x) - target) * parameter / pow(1 - x, parameter - 1)
        }
        return min(pow(y, 1 / parameter), 0.5)
    }

    /// The integral of `(t (1 - t))^(parameter - 1)` from 0 to `x`, at most a half, by the binomial series of its second
    /// factor.
    private func unnormalised(_ x: Double) -> Double {
        var sum = 0.0
        var term = 1.0
        for n in 0..<80 {
            sum += term / (parameter + Double(n))
            term *= (Double(n) + 1 - parameter) / Double(n + 1) * x
        }
        return pow(x, parameter) * sum
    }
}
