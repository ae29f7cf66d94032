import FoundationEssentials
import Glibc

/// How noise levels are spaced between the largest and the smallest, where not by timesteps.
public enum SigmaSpacing: String, CaseIterable, Sendable {
    /// As Karras et al. 2022 (arXiv 2206.00364, equation 5, with their rho of 7): more of them where little noise is
    /// left.
    case karras
    /// With evenly spaced logarithms.
    case exponential
    /// At the quantiles of a beta distribution with both parameters 0.6: more of them at both ends (Lee et al. 2024,
    /// arXiv 2407.12173).
    case beta

    /// diffusers' name of the setting.
    var option: String { "use_\(rawValue)_sigmas" }

    /// `count` noise levels, largest first.
    func levels(from largest: Double, to smallest: Double, count: Int) -> [Double] {
        switch self {
        case .karras:
            let rho = 7.0
            let (start, end) = (pow(largest, 1 / rho), pow(smallest, 1 / rho))
            return linspace(0, 1, count: count).map { pow(start + $0 * (end - start), rho) }
        case .exponential:
            return linspace(log(largest), log(smallest), count: count).map { exp($0) }
        case .beta:
            let distribution = SymmetricBetaDistribution(parameter: 0.6)
            return linspace(0, 1, count: count).map {
                smallest + distribution.quantile(1 - $0) * (largest - smallest)
            }
        }
    }
}

/// `table` at a fractional index, linearly interpolated and constant beyond its ends.
func interpolate(_ table: [Float], at index: Double) -> Double {
    let below = min(max(Int(index), 0), table.count - 1)
    let above = min(below + 1, table.count - 1)
    let slope = Double(table[above]) - Double(table[below])
    return slope * (index - Double(below)) + Double(table[below])
}

/// The way back from a noise level to the (fractional) timestep that has it.
struct SigmaInverse {
    private let logSigmas: [Float]

    /// - Parameter table: the noise level by timestep, increasing.
    init(_ table: [Float]) {
        logSigmas = table.map { log($0) }
    }

    /// Interpolated linearly between the logarithms of the two nearest noise levels.
    func timestep(of sigma: Double) -> Double {
        guard logSigmas.count > 1 else { return 0 }
        let logSigma = log(max(sigma, 1e-10))
        let above = logSigmas.firstIndex { Double($0) > logSigma } ?? logSigmas.count
        let low = min(max(above - 1, 0), logSigmas.count - 2)
        let span = Double(logSigmas[low] - logSigmas[low + 1])
        let weight = min(max((Double(logSigmas[low]) - logSigma) / span, 0), 1)
        return (1 - weight) * Double(low) + weight * Double(low + 1)
    }
}
