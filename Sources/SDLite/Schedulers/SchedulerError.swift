import FoundationEssentials

/// Why a scheduler cannot be made from its configuration, cannot lay out its steps or cannot take one.
public enum SchedulerError: LocalizedError, Equatable, CustomStringConvertible {
    /// No scheduler was asked for and the configuration names none.
    case missingClassName(known: String)
    /// A scheduler that there is no implementation of.
    case unknownScheduler(String, known: String)
    /// The configuration's scheduler is one that there is no implementation of, and no other was asked for.
    case unknownClass(String, known: String)
    /// A value of `beta_schedule`, `prediction_type` or `timestep_spacing` that the scheduler does not know.
    case unknownValue(option: String, value: String, known: [String])
    /// Noise levels cannot be chosen with this scheduler.
    case noSigmaSpacing(SigmaSpacing, scheduler: String, known: [String])
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
    /// A step was asked for before `setTimesteps`.
    case timestepsNotSet
    /// A timestep that is none of `timesteps`, or for `addNoise` none of the training.
    case unknownTimestep(Double)
    /// A timestep that is not the one after the last.
    case outOfOrder(timestep: Double, next: Double)
    /// A step after the last timestep.
    case finished
    /// A stochastic method was given no noise.
    case needsNoise

    public var description: String {
        switch self {
        case .missingClassName(let known):
            return "scheduler_config.json has no _class_name: choose a scheduler, \(known)"
        case .unknownScheduler(let name, let known):
            return "unknown scheduler \(name.prefix(80).debugDescription): choose \(known)"
        case .unknownClass(let name, let known):
            return "scheduler_config.json names \(name.prefix(80).debugDescription), which this program does not have: "
                + "choose a scheduler, \(known)"
        case .unknownValue(let option, let value, let known):
            return "scheduler configuration: \(option) is \(value.prefix(80).debugDescription), expected one of "
                + known.joined(separator: ", ")
        case .noSigmaSpacing(let spacing, let scheduler, let known):
            return "\(scheduler) has no choice of noise levels such as \(spacing.rawValue): choose one of "
                + known.joined(separator: ", ")
        case .unsupportedOption(let option):
            return "scheduler configuration: \(option) is not supported: remove it or choose another scheduler"
        case .outOfRange(let option, let value, let expected):
            return "scheduler configuration: \(option) is \(value), expected \(expected)"
        case .stepCount(let count, let allowed):
            return "\(count) steps are not possible with this scheduler: choose \(allowed.lowerBound) to "
                + "\(allowed.upperBound)"
        case .timestepBeyondTraining(let timestep, let stepsOffset, let numTrainTimesteps):
            return "steps_offset \(stepsOffset) moves the first timestep to \(timestep), but the model has only "
                + "\(numTrainTimesteps) of them: choose fewer steps"
        case .unusableNoiseLevels:
            return "scheduler configuration: the betas give noise levels that coincide or are infinite, which this "
                + "method cannot step between: choose fewer steps or another scheduler"
        case .timestepsNotSet:
            return "the scheduler has no timesteps yet: call setTimesteps first"
        case .unknownTimestep(let timestep):
            return "\(timestep) is none of the scheduler's timesteps"
        case .outOfOrder(let timestep, let next):
            return "timestep \(timestep) comes out of order: \(next) is the next; call setTimesteps before another run"
        case .finished:
            return "all timesteps were visited: call setTimesteps before another run"
        case .needsNoise:
            return "this scheduler adds noise in each step: give step a generator"
        }
    }

    public var errorDescription: String? { description }
}
