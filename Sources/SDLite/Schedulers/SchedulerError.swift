/// Why a scheduler cannot be made from its configuration, or cannot lay out its steps.
public enum SchedulerError: Error, Equatable, CustomStringConvertible {
    /// `scheduler_config.json` is no JSON, or a value has the wrong type.
    case malformed(String)
    /// No scheduler was asked for and the configuration names none.
    case missingClassName
    /// A scheduler that there is no implementation of.
    case unknownScheduler(String)
    /// A value of `beta_schedule`, `prediction_type` or `timestep_spacing` that the scheduler does not know.
    case unknownValue(option: String, value: String, known: [String])
    /// An option that changes the result and is not implemented.
    case unsupportedOption(String)
    /// A number outside the range in which it makes sense.
    case outOfRange(option: String, value: String, expected: String)
    /// Too few or too many steps.
    case stepCount(Int, allowed: ClosedRange<Int>)
    /// A timestep that the model was not trained for.
    case timestepBeyondTraining(timestep: Int, stepsOffset: Int, numTrainTimesteps: Int)
    /// Betas so small, so large or so many that noise levels coincide or become infinite.
    case unusableNoiseLevels

    public var description: String {
        let file = "scheduler_config.json"
        switch self {
        case .malformed(let detail):
            return "\(file): \(detail)"
        case .missingClassName:
            return "\(file) has no _class_name: choose a scheduler (\(SchedulerKind.names)) with --scheduler"
        case .unknownScheduler(let name):
            return "unknown scheduler \"\(name)\": choose one of \(SchedulerKind.names) with --scheduler"
        case .unknownValue(let option, let value, let known):
            return "\(file): \(option) is \"\(value)\", expected one of \(known.joined(separator: ", "))"
        case .unsupportedOption(let option):
            return "\(file): \(option) is not supported; remove it or choose another scheduler with --scheduler"
        case .outOfRange(let option, let value, let expected):
            return "\(file): \(option) is \(value), expected \(expected)"
        case .stepCount(let count, let allowed):
            return "\(count) steps are not possible with this scheduler: choose \(allowed.lowerBound) to "
                + "\(allowed.upperBound) with --steps"
        case .timestepBeyondTraining(let timestep, let stepsOffset, let numTrainTimesteps):
            return "steps_offset \(stepsOffset) moves the first timestep to \(timestep), but the model has only "
                + "\(numTrainTimesteps) of them: choose fewer --steps"
        case .unusableNoiseLevels:
            return "\(file): the betas give noise levels that coincide or are infinite, which K-LMS cannot step "
                + "between: choose fewer --steps or another --scheduler"
        }
    }
}
