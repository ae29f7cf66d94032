extension Model {
    /// The scheduler that is recommended for the model, or else the one that its `scheduler_config.json` names.
    /// - Throws: `FormatError` if that is no JSON, `SchedulerError` if the name is unknown
    public var defaultScheduler: SchedulerKind {
        get throws {
            try recommendedScheduler.map(SchedulerKind.init(named:))
                ?? SchedulerKind(configurationJSON: schedulerConfiguration)
        }
    }

    /// The scheduler that diffusers would use with this model; see `SchedulerKind.configuration`.
    ///
    ///     let scheduler = try model.scheduler(.lms) { $0.useKarrasSigmas = true }
    ///
    /// - Parameters:
    ///   - kind: the scheduler to use, or nil for `defaultScheduler`.
    ///   - change: changes the configuration before the scheduler is made of it.
    /// - Throws: `FormatError` if the model's configuration is no JSON, `SchedulerError` if it names an unknown
    ///   scheduler or makes no sense.
    public func scheduler(
        _ kind: SchedulerKind? = nil, change: (inout SchedulerConfiguration) -> Void = { _ in }
    ) throws -> any Scheduler {
        try makeScheduler(
            kind: kind ?? defaultScheduler, configurationJSON: schedulerConfiguration, change: change)
    }
}
