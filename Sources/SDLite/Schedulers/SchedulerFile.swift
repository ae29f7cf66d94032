import FoundationEssentials

/// `scheduler_config.json` as it is written; keys that no scheduler here reads are ignored.
struct SchedulerFile: Decodable {
    var className: String?
    var numTrainTimesteps: Int?
    var betaStart: Double?
    var betaEnd: Double?
    var betaSchedule: String?
    var trainedBetas: [Double]?
    var predictionType: String?
    var timestepSpacing: String?
    var stepsOffset: Int?
    var setAlphaToOne: Bool?
    var skipPRKSteps: Bool?
    var clipSample: Bool?
    var clipSampleRange: Double?
    var thresholding: Bool?
    var dynamicThresholdingRatio: Double?
    var sampleMaxValue: Double?
    var rescaleBetasZeroSNR: Bool?
    var useKarrasSigmas: Bool?
    var useExponentialSigmas: Bool?
    var useBetaSigmas: Bool?

    private enum CodingKeys: String, CodingKey {
        case className = "_class_name"
        case numTrainTimesteps = "num_train_timesteps"
        case betaStart = "beta_start"
        case betaEnd = "beta_end"
        case betaSchedule = "beta_schedule"
        case trainedBetas = "trained_betas"
        case predictionType = "prediction_type"
        case timestepSpacing = "timestep_spacing"
        case stepsOffset = "steps_offset"
        case setAlphaToOne = "set_alpha_to_one"
        case skipPRKSteps = "skip_prk_steps"
        case clipSample = "clip_sample"
        case clipSampleRange = "clip_sample_range"
        case thresholding
        case dynamicThresholdingRatio = "dynamic_thresholding_ratio"
        case sampleMaxValue = "sample_max_value"
        case rescaleBetasZeroSNR = "rescale_betas_zero_snr"
        case useKarrasSigmas = "use_karras_sigmas"
        case useExponentialSigmas = "use_exponential_sigmas"
        case useBetaSigmas = "use_beta_sigmas"
    }

    init(json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(SchedulerFile.self, from: Data(json))
        } catch let error as DecodingError {
            throw SchedulerError.malformed(error.oneLine)
        } catch {
            throw SchedulerError.malformed("not readable as JSON")
        }
    }

    /// What `StableDiffusionPipeline` corrects in an outdated file when it loads it
    /// (diffusers' `pipeline_stable_diffusion.py`, the "outdated" deprecations).
    ///
    /// - Parameter ownScheduler: whether the scheduler is the one that the file names. A scheduler put in its place
    ///   with `from_config` sees the corrected values of the keys in the file, and its own defaults for the others.
    mutating func correctOutdated(ownScheduler: Bool) {
        if ownScheduler || stepsOffset != nil { stepsOffset = 1 }
        if ownScheduler || clipSample != nil { clipSample = false }
    }

    /// The file's values, and where it has none the defaults of diffusers' class for `kind`.
    func configuration(for kind: SchedulerKind) throws -> SchedulerConfiguration {
        var result = SchedulerConfiguration(for: kind)
        func set<T>(_ path: WritableKeyPath<SchedulerConfiguration, T>, _ value: T?) {
            if let value { result[keyPath: path] = value }
        }
        set(\.numTrainTimesteps, numTrainTimesteps)
        set(\.betaStart, betaStart)
        set(\.betaEnd, betaEnd)
        set(\.betaSchedule, try named(betaSchedule, option: "beta_schedule"))
        result.trainedBetas = trainedBetas
        set(\.predictionType, try named(predictionType, option: "prediction_type"))
        set(\.timestepSpacing, try named(timestepSpacing, option: "timestep_spacing"))
        set(\.stepsOffset, stepsOffset)
        set(\.setAlphaToOne, setAlphaToOne)
        set(\.skipPRKSteps, skipPRKSteps)
        set(\.clipSample, clipSample)
        set(\.clipSampleRange, clipSampleRange)
        set(\.thresholding, thresholding)
        set(\.dynamicThresholdingRatio, dynamicThresholdingRatio)
        set(\.sampleMaxValue, sampleMaxValue)
        set(\.rescaleBetasZeroSNR, rescaleBetasZeroSNR)
        set(\.useKarrasSigmas, useKarrasSigmas)
        set(\.useExponentialSigmas, useExponentialSigmas)
        if kind == .lms, useBetaSigmas == true { throw SchedulerError.unsupportedOption("use_beta_sigmas") }
        return result
    }

    private func named<T: RawRepresentable & CaseIterable>(_ value: String?, option: String) throws -> T?
    where T.RawValue == String {
        guard let value else { return nil }
        guard let known = T(rawValue: value) else {
            throw SchedulerError.unknownValue(option: option, value: value, known: T.allCases.map(\.rawValue))
        }
        return known
    }
}

extension DecodingError {
    fileprivate var oneLine: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default:
            return "not readable as JSON"
        }
    }
}
