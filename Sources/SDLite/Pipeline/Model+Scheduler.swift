extension Model {
    /// The scheduler that is recommended for the model, or else the one that its `scheduler_config.json` names.
    /// - Throws: `FormatError` if that is no JSON, `SchedulerError` if the name is unknown
    public var defaultSampler: Sampler {
        get throws {
            try recommendedScheduler.map(Sampler.init(named:))
                ?? Sampler(SchedulerKind(configurationJSON: schedulerConfiguration))
        }
    }

    /// The scheduler that diffusers would use with this model; see `SchedulerKind.configuration`.
    ///
    ///     let scheduler = try model.scheduler(.lms) { $0.useKarrasSigmas = true }
    ///
    /// - Parameters:
    ///   - kind: the scheduler to use, or nil for `defaultSampler`.
    ///   - change: changes the configuration before the scheduler is made of it.
    /// - Throws: `FormatError` if the model's configuration is no JSON, `SchedulerError` if it names an unknown
    ///   scheduler or makes no sense.
    public func scheduler(
        _ kind: SchedulerKind? = nil, change: (inout SchedulerConfiguration) -> Void = { _ in }
    ) throws -> any Scheduler {
        guard let kind else { return try scheduler(defaultSampler, change: change) }
        return try makeScheduler(kind: kind, configurationJSON: schedulerConfiguration, change: change)
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
