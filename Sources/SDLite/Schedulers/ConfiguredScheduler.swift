/// A scheduler that is made from nothing but a configuration, as those of this library are.
protocol ConfiguredScheduler: Scheduler {
    /// What diffusers' class takes where its file says nothing.
    static var defaultConfiguration: SchedulerConfiguration { get }
    /// The settings that it was made with.
    var configuration: SchedulerConfiguration { get }
    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    init(_ configuration: SchedulerConfiguration) throws
}
