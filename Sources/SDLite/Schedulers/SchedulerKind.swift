/// The schedulers there are, by the names that `--scheduler` takes.
public enum SchedulerKind: String, CaseIterable, Sendable {
    /// Pseudo numerical methods (Liu et al. 2022, arXiv 2202.09778): v1-4's own.
    case pndm
    /// Denoising diffusion implicit models (Song et al. 2020, arXiv 2010.02502).
    case ddim
    /// K-LMS, a linear multistep method over the noise levels (Katherine Crowson's k-diffusion).
    case lms

    /// The table of schedulers: diffusers' name of the class, other names of the method, defaults, how one is made.
    private var entry:
        (
            className: String, aliases: [String], defaults: SchedulerConfiguration,
            make: (SchedulerConfiguration) throws -> any Scheduler
        )
    {
        switch self {
        case .pndm: ("PNDMScheduler", ["plms"], PNDMScheduler.defaultConfiguration, PNDMScheduler.init)
        case .ddim: ("DDIMScheduler", [], DDIMScheduler.defaultConfiguration, DDIMScheduler.init)
        case .lms:
            ("LMSDiscreteScheduler", ["k-lms"], LMSDiscreteScheduler.defaultConfiguration, LMSDiscreteScheduler.init)
        }
    }

    /// diffusers' name of the class.
    public var className: String { entry.className }

    /// The settings that diffusers' class has without a file.
    public var defaultConfiguration: SchedulerConfiguration { entry.defaults }

    /// "pndm, ddim or lms", for texts.
    public static var names: String {
        let names = allCases.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    }

    /// - Parameter name: as `--scheduler` takes it, another name of the method, or diffusers' name of the class;
    ///   capitals, hyphens, underscores and spaces do not matter.
    /// - Throws: `SchedulerError.unknownScheduler`.
    public init(named name: String) throws {
        guard let kind = Self.kind(named: name) else {
            throw SchedulerError.unknownScheduler(name, known: Self.names)
        }
        self = kind
    }

    private static func kind(named name: String) -> Self? {
        func letters(_ name: String) -> String { name.lowercased().filter { !"-_ ".contains($0) } }
        return allCases.first { kind in
            ([kind.rawValue, kind.className] + kind.entry.aliases).contains { letters($0) == letters(name) }
        }
    }

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

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public func make(_ configuration: SchedulerConfiguration) throws -> any Scheduler {
        try entry.make(configuration)
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
