/// Which of the training timesteps are visited (table 2 of Lin et al. 2023, arXiv 2305.08891).
public enum TimestepSpacing: String, CaseIterable, Sendable {
    /// Multiples of a whole stride, counted from timestep 0: Stable Diffusion's own.
    case leading
    /// Multiples of the ratio, counted back from the last timestep.
    case trailing
    /// Evenly spaced from the first timestep to the last; K-LMS visits fractions.
    case linspace
}

extension TimestepSpacing {
    /// `count` of the model's timesteps, last (noisiest) first.
    ///
    /// - Parameters:
    ///   - numTrainTimesteps: how many there are.
    ///   - stepsOffset: added to every timestep of leading spacing.
    ///   - rounded: to whole timesteps; linspace has fractions otherwise.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining`.
    func timesteps(_ count: Int, of numTrainTimesteps: Int, stepsOffset: Int, rounded: Bool) throws -> [Double] {
        guard 1...numTrainTimesteps ~= count else {
            throw SchedulerError.stepCount(count, allowed: 1...numTrainTimesteps)
        }
        switch self {
        case .linspace:
            let values = SDLite.linspace(0, Double(numTrainTimesteps - 1), count: count)
            return values.reversed().map { rounded ? $0.rounded(.toNearestOrEven) : $0 }
        case .leading:
            let stride = numTrainTimesteps / count
            let first = (count - 1) * stride + stepsOffset
            guard first < numTrainTimesteps else {
                throw SchedulerError.timestepBeyondTraining(
                    timestep: first, stepsOffset: stepsOffset, numTrainTimesteps: numTrainTimesteps)
            }
            return (0..<count).map { Double(first - $0 * stride) }
        case .trailing:
            // numpy's arange: multiples of the difference of its first two values, which is not quite the ratio.
            // For some counts (61 of 1000) rounding makes it one longer, and diffusers then ends with a timestep of
            // -1, the noisiest of all; it is left out here.
            let total = Double(numTrainTimesteps)
            let difference = (total - total / Double(count)) - total
            return (0..<count).map { (total + Double($0) * difference).rounded(.toNearestOrEven) - 1 }
        }
    }
}
