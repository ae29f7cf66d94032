extension SchedulerConfiguration {
    /// The training timesteps between two steps; what the previous timestep is computed with, whatever the spacing.
    func stride(for count: Int) -> Int { numTrainTimesteps / count }

    func spacedTimesteps(_ count: Int, rounded: Bool) throws -> [Double] {
        try timestepSpacing.timesteps(count, of: numTrainTimesteps, stepsOffset: stepsOffset, rounded: rounded)
    }

    /// The whole timesteps of a multistep solver. Leading and linspace have one more than the steps, the least noisy,
    /// which is left out.
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining`
    func solverTimesteps(_ count: Int) throws -> [Double] {
        guard timestepSpacing != .trailing else { return try spacedTimesteps(count, rounded: true) }
        guard 1..<max(2, numTrainTimesteps) ~= count else {
            throw SchedulerError.stepCount(count, allowed: 1...max(1, numTrainTimesteps - 1))
        }
        return try spacedTimesteps(count + 1, rounded: true).dropLast()
    }

    /// `count` of the `originalInferenceSteps` timesteps that a consistency model was distilled with, noisiest first.
    /// - Throws: `SchedulerError.stepCount`
    func distillationTimesteps(_ count: Int) throws -> [Double] {
        guard 1...originalInferenceSteps ~= count else {
            throw SchedulerError.stepCount(count, allowed: 1...originalInferenceSteps)
        }
        let stride = numTrainTimesteps / originalInferenceSteps
        let ratio = Double(originalInferenceSteps) / Double(count)
        return (0..<count).map { Double((originalInferenceSteps - Int(Double($0) * ratio)) * stride - 1) }
    }
}
