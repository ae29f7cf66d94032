import FoundationEssentials
import Glibc

/// `table` at a fractional index, linearly interpolated and constant beyond its ends.
func interpolate(_ table: [Float], at index: Double) -> Double {
    let below = min(max(Int(index), 0), table.count - 1)
    let above = min(below + 1, table.count - 1)
    let slope = Double(table[above]) - Double(table[below])
    return slope * (index - Double(below)) + Double(table[below])
}

/// Noise levels between the ends of `sigmas` (largest first) as Karras et al. 2022 space them (arXiv 2206.00364,
/// equation 5, with their rho of 7).
func karrasSigmas(_ sigmas: [Double]) -> [Double] {
    let rho = 7.0
    let largest = pow(sigmas[0], 1 / rho)
    let smallest = pow(sigmas[sigmas.count - 1], 1 / rho)
    return linspace(0, 1, count: sigmas.count).map { pow(largest + $0 * (smallest - largest), rho) }
}

/// Noise levels between the ends of `sigmas` (largest first) whose logarithms are evenly spaced.
func exponentialSigmas(_ sigmas: [Double]) -> [Double] {
    linspace(log(sigmas[0]), log(sigmas[sigmas.count - 1]), count: sigmas.count).map { exp($0) }
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
