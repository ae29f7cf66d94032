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

    /// What the U-Net was trained to predict.
    var prediction: PredictionType {
        get throws {
            try SchedulerFile(json: schedulerConfiguration).configuration(SchedulerConfiguration()).predictionType
        }
    }
}
