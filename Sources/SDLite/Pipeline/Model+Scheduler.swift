extension Model {
    /// The scheduler that diffusers would use with this model; see `SchedulerKind.configuration`.
    ///
    ///     let scheduler = try model.scheduler(.lms) { $0.useKarrasSigmas = true }
    ///
    /// - Parameters:
    ///   - kind: the scheduler to use, or nil for the one that the model's file names.
    ///   - change: changes the configuration before the scheduler is made of it.
    /// - Throws: `FormatError` if the model's configuration is no JSON, `SchedulerError` if it names an unknown
    ///   scheduler or makes no sense.
    public func scheduler(
        _ kind: SchedulerKind? = nil, change: (inout SchedulerConfiguration) -> Void = { _ in }
    ) throws -> any Scheduler {
        try makeScheduler(kind: kind, configurationJSON: schedulerConfiguration, change: change)
    }

    /// The scheduler of a name in other programs, with what it stands for:
    ///
    ///     let scheduler = try model.scheduler(Sampler(named: "DPM++ 2M Karras"))
    ///
    /// - Throws: as the scheduler of a kind
    public func scheduler(
        _ sampler: Sampler, change: (inout SchedulerConfiguration) -> Void = { _ in }
    ) throws -> any Scheduler {
        try scheduler(sampler.kind) { configuration in
            sampler.apply(to: &configuration)
            change(&configuration)
        }
    }
}
