extension SchedulerConfiguration {
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

    func checkDistillation() throws {
        try check("original_inference_steps", originalInferenceSteps, 1...max(1, numTrainTimesteps))
        try check("timestep_scaling", timestepScaling, 0...1e6)
    }

    func checkSolverOrder() throws { try check("solver_order", solverOrder, 1...3) }

    private func check<T: Comparable>(_ option: String, _ value: T, _ range: ClosedRange<T>) throws {
        guard range.contains(value) else {
            throw SchedulerError.outOfRange(
                option: option, value: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
