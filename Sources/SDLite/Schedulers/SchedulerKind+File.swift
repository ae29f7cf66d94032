extension SchedulerKind {
    /// The kind that a model's `scheduler_config.json` names.
    /// - Throws: `FormatError` for what is no JSON, `SchedulerError` if it names none that there is.
    public init(configurationJSON: [UInt8]) throws {
        guard let className = try SchedulerFile(json: configurationJSON).className else {
            throw SchedulerError.missingClassName(known: Self.names)
        }
        guard let kind = Self.kind(named: className) else {
            throw SchedulerError.unknownClass(className, known: Self.names)
        }
        self = kind
    }

    /// The settings that diffusers would make a scheduler of this kind with, for a model with this file.
    ///
    /// For the kind that the file names these are the ones in a loaded `StableDiffusionPipeline`, which corrects
    /// `steps_offset` to 1 and `clip_sample` to false. For another kind they are what
    /// `pipe.scheduler = Kind.from_config(pipe.scheduler.config)` gives: settings that the file does not have take the
    /// defaults of the new class.
    ///
    /// - Parameter json: the bytes of `scheduler_config.json`.
    /// - Throws: `FormatError` for what is no JSON, `SchedulerError` for an unknown word.
    public func configuration(json: [UInt8]) throws -> SchedulerConfiguration {
        let file = try SchedulerFile(json: json)
        return try file.correctedConfiguration(
            defaultConfiguration, ownScheduler: file.className ?? className == className)
    }
}

/// The scheduler that diffusers would use for a model with this file; see `SchedulerKind.configuration`.
///
/// - Parameters:
///   - kind: the scheduler to use, or nil for the one that the file names.
///   - configurationJSON: the bytes of `scheduler_config.json`.
///   - change: changes the configuration before the scheduler is made of it.
/// - Throws: `FormatError` for what is no JSON, `SchedulerError` when the file names an unknown scheduler or the
///   configuration makes no sense.
func makeScheduler(
    kind: SchedulerKind?, configurationJSON: [UInt8], change: (inout SchedulerConfiguration) -> Void = { _ in }
) throws -> any Scheduler {
    let kind = try kind ?? SchedulerKind(configurationJSON: configurationJSON)
    var configuration = try kind.configuration(json: configurationJSON)
    change(&configuration)
    return try kind.make(configuration)
}
