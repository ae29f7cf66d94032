extension SchedulerConfiguration {
    /// The training timesteps between two steps; what the previous timestep is computed with, whatever the spacing.
    func stride(for count: Int) -> Int {
        numTrainTimesteps / count
    }

    /// The timesteps of `count` steps, last (noisiest) first.
    ///
    /// - Parameter rounded: to whole timesteps; linspace has fractions otherwise.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining`.
    func spacedTimesteps(_ count: Int, rounded: Bool) throws -> [Double] {
        guard 1...numTrainTimesteps ~= count else {
            throw SchedulerError.stepCount(count, allowed: 1...numTrainTimesteps)
        }
        switch timestepSpacing {
        case .linspace:
            let values = linspace(0, Double(numTrainTimesteps - 1), count: count)
            return values.reversed().map { rounded ? $0.rounded(.toNearestOrEven) : $0 }
        case .leading:
            let first = (count - 1) * stride(for: count) + stepsOffset
            guard first < numTrainTimesteps else {
                throw SchedulerError.timestepBeyondTraining(
                    timestep: first, stepsOffset: stepsOffset, numTrainTimesteps: numTrainTimesteps)
            }
            return (0..<count).map { Double(first - $0 * stride(for: count)) }
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

/// `count` evenly spaced values from `start` to `end`, as numpy rounds them.
func linspace(_ start: Double, _ end: Double, count: Int) -> [Double] {
    guard count > 1 else { return [start] }
    let step = (end - start) / Double(count - 1)
    return (0..<count - 1).map { Double($0) * step + start } + [end]
}
