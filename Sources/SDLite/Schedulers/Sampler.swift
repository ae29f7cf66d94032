/// A scheduler with the settings that its name stands for: "DPM++ 2M SDE Karras" is diffusers'
/// `DPMSolverMultistepScheduler` with `algorithm_type` "sde-dpmsolver++" and `use_karras_sigmas`.
public struct Sampler: Sendable, Equatable {
    /// The scheduler.
    public let kind: SchedulerKind
    /// DPM++ without or with noise in every step; nil leaves what the model's file says.
    public private(set) var algorithmType: AlgorithmType?
    /// Where the noise levels lie; nil leaves what the model's file says.
    public private(set) var sigmaSpacing: SigmaSpacing?

    /// The scheduler as the model's file has it.
    public init(_ kind: SchedulerKind) { self.kind = kind }

    /// The scheduler with other noise levels.
    /// - Throws: `SchedulerError.noSigmaSpacing` for a scheduler that has no such choice
    public init(_ kind: SchedulerKind, sigmas: SigmaSpacing) throws {
        self.kind = kind
        try space(sigmas)
    }

    /// - Parameter name: as `SchedulerKind` takes it, or DPM++ 2M SDE; Karras, Exponential or Beta may follow.
    /// - Throws: `SchedulerError.unknownScheduler`, `.noSigmaSpacing`
    public init(named name: String) throws {
        var letters = SchedulerKind.letters(name)
        let spacing = SigmaSpacing.allCases.first { letters.hasSuffix($0.rawValue) }
        if let spacing { letters.removeLast(spacing.rawValue.count) }
        let isStochastic = letters.hasSuffix("2msde")
        if isStochastic { letters.removeLast(3) }
        guard let kind = SchedulerKind.kind(named: letters) else {
            throw SchedulerError.unknownScheduler(name, known: Self.names)
        }
        self.kind = kind
        if kind == .dpmSolver, letters.hasSuffix("2m") {
            algorithmType = isStochastic ? .sdeDPMSolverPlusPlus : .dpmSolverPlusPlus
        }
        if let spacing { try space(spacing) }
    }

    /// What a scheduler is; nil if it is none of the library's.
    public init?(of scheduler: any Scheduler) {
        guard let kind = SchedulerKind(of: scheduler), let configured = scheduler as? any ConfiguredScheduler else {
            return nil
        }
        self.kind = kind
        if kind == .dpmSolver { algorithmType = configured.configuration.algorithmType }
        if kind.hasSigmaSpacing { sigmaSpacing = configured.configuration.sigmaSpacing }
    }

    /// What `--scheduler` takes, for texts.
    public static var names: String { SchedulerKind.names.replacing("dpm++-2m,", with: "dpm++-2m, dpm++-2m-sde,") }

    /// A1111's name, without the spacing of the noise levels, which A1111 calls the schedule type.
    public var displayName: String { kind.displayName + (algorithmType == .sdeDPMSolverPlusPlus ? " SDE" : "") }

    /// Chooses where the noise levels lie.
    /// - Throws: `SchedulerError.noSigmaSpacing` for a scheduler that has no such choice
    public mutating func space(_ spacing: SigmaSpacing) throws {
        guard kind.hasSigmaSpacing else {
            throw SchedulerError.noSigmaSpacing(
                spacing, scheduler: displayName,
                known: SchedulerKind.allCases.filter(\.hasSigmaSpacing).map(\.rawValue))
        }
        sigmaSpacing = spacing
    }

    func apply(to configuration: inout SchedulerConfiguration) {
        if let algorithmType { configuration.algorithmType = algorithmType }
        if let sigmaSpacing { configuration.sigmaSpacing = sigmaSpacing }
    }
}
