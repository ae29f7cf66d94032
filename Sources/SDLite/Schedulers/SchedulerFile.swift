import Quant

/// `scheduler_config.json` as it is written: what it changes in the default configuration of a scheduler. Keys that no
/// scheduler here reads are ignored.
struct SchedulerFile: Decodable {
    let className: String?
    private var changes: [(key: String, change: (inout SchedulerConfiguration) throws -> Void)] = []

    /// - Throws: `FormatError.malformedJSON`
    init(json: [UInt8]) throws {
        self = try decodeJSON(SchedulerFile.self, from: json, file: "scheduler_config.json", pythonNumbers: true)
    }

    init(from decoder: any Decoder) throws {
        let file = try decoder.container(keyedBy: Key.self)
        className = try file.decodeIfPresent(String.self, forKey: Key("_class_name"))
        try read("num_train_timesteps", \.numTrainTimesteps, in: file)
        try read("beta_start", \.betaStart, in: file)
        try read("beta_end", \.betaEnd, in: file)
        try read("beta_schedule", \.betaSchedule, in: file)
        try read("trained_betas", \.trainedBetas, in: file)
        try read("prediction_type", \.predictionType, in: file)
        try read("timestep_spacing", \.timestepSpacing, in: file)
        try read("steps_offset", \.stepsOffset, in: file)
        try read("set_alpha_to_one", \.setAlphaToOne, in: file)
        try read("skip_prk_steps", \.skipPRKSteps, in: file)
        try read("clip_sample", \.clipSample, in: file)
        try read("clip_sample_range", \.clipSampleRange, in: file)
        try read("thresholding", \.thresholding, in: file)
        try read("dynamic_thresholding_ratio", \.dynamicThresholdingRatio, in: file)
        try read("sample_max_value", \.sampleMaxValue, in: file)
        try read("rescale_betas_zero_snr", \.rescaleBetasZeroSNR, in: file)
        try read("use_karras_sigmas", \.useKarrasSigmas, in: file)
        try read("use_exponential_sigmas", \.useExponentialSigmas, in: file)
        try read("use_beta_sigmas", \.useBetaSigmas, in: file)
        try read("final_sigmas_type", \.finalSigmasType, in: file)
        try read("solver_order", \.solverOrder, in: file)
        try read("algorithm_type", \.algorithmType, in: file)
        try read("solver_type", \.solverType, in: file)
        try read("lower_order_final", \.lowerOrderFinal, in: file)
        try read("euler_at_final", \.eulerAtFinal, in: file)
        try read("original_inference_steps", \.originalInferenceSteps, in: file)
        try read("timestep_scaling", \.timestepScaling, in: file)
        let unimplemented = try Self.unimplemented(in: file)
        changes.append(("", { $0.unimplemented = unimplemented }))
    }

    /// The settings that no scheduler here implements and that are not left off.
    private static func unimplemented(in file: KeyedDecodingContainer<Key>) throws -> Set<String> {
        func holds<Value: Decodable>(_ key: String, _ isOff: (Value) -> Bool) throws -> Bool {
            try file.decodeIfPresent(Value.self, forKey: Key(key)).map { !isOff($0) } ?? false
        }
        var found: Set<String> = []
        for key in ["use_flow_sigmas", "use_lu_lambdas"] where try holds(key, { !$0 }) { found.insert(key) }
        for key in ["sigma_min", "sigma_max"] where try holds(key, { (_: Double) in false }) { found.insert(key) }
        if try holds("lambda_min_clipped", { $0 == -Double.infinity }) { found.insert("lambda_min_clipped") }
        if try holds("predict_x0", { $0 }) { found.insert("predict_x0") }
        if try holds("disable_corrector", \[Int].isEmpty) { found.insert("disable_corrector") }
        if try holds("interpolation_type", { $0 == "linear" }) { found.insert("interpolation_type") }
        if try holds("timestep_type", { $0 == "discrete" }) { found.insert("timestep_type") }
        if try holds("variance_type", { (_: String) in false }) { found.insert("variance_type") }
        if file.contains(Key("solver_p")), try !file.decodeNil(forKey: Key("solver_p")) { found.insert("solver_p") }
        return found
    }

    private mutating func read<Value: Decodable>(
        _ key: String, _ path: WritableKeyPath<SchedulerConfiguration, Value>, in file: KeyedDecodingContainer<Key>
    ) throws {
        guard let value = try file.decodeIfPresent(Value.self, forKey: Key(key)) else { return }
        changes.append((key, { $0[keyPath: path] = value }))
    }

    private mutating func read<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ path: WritableKeyPath<SchedulerConfiguration, Value>, in file: KeyedDecodingContainer<Key>
    ) throws {
        guard let name = try file.decodeIfPresent(String.self, forKey: Key(key)) else { return }
        changes.append(
            (
                key,
                { configuration in
                    guard let value = Value(rawValue: name) else {
                        throw SchedulerError.unknownValue(
                            option: key, value: name, known: Value.allCases.map(\.rawValue))
                    }
                    configuration[keyPath: path] = value
                }
            ))
    }

    /// `defaults` with what the file says.
    func configuration(_ defaults: SchedulerConfiguration) throws -> SchedulerConfiguration {
        var configuration = defaults
        for (_, change) in changes { try change(&configuration) }
        return configuration
    }

    /// The same with what `StableDiffusionPipeline` corrects in an outdated file when it loads it (diffusers'
    /// `pipeline_stable_diffusion.py`, the "outdated" deprecations).
    ///
    /// - Parameter ownScheduler: whether the scheduler is the one that the file names. A scheduler put in its place
    ///   with `from_config` sees the corrected values of the keys in the file, and its own defaults for the others.
    func correctedConfiguration(
        _ defaults: SchedulerConfiguration, ownScheduler: Bool
    ) throws -> SchedulerConfiguration {
        var configuration = try configuration(defaults)
        if ownScheduler || changes.contains(where: { $0.key == "steps_offset" }) { configuration.stepsOffset = 1 }
        if ownScheduler || changes.contains(where: { $0.key == "clip_sample" }) { configuration.clipSample = false }
        return configuration
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
