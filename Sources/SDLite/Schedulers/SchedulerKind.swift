/// The schedulers there are, by the names that `--scheduler` takes.
public enum SchedulerKind: String, CaseIterable, Sendable {
    /// Pseudo numerical methods (Liu et al. 2022, arXiv 2202.09778): v1-4's own.
    case pndm
    /// Denoising diffusion implicit models (Song et al. 2020, arXiv 2010.02502).
    case ddim
    /// K-LMS, a linear multistep method over the noise levels (Katherine Crowson's k-diffusion).
    case lms

    /// diffusers' name of the class.
    public var className: String {
        switch self {
        case .pndm: "PNDMScheduler"
        case .ddim: "DDIMScheduler"
        case .lms: "LMSDiscreteScheduler"
        }
    }

    /// - Parameter name: as `--scheduler` takes it, or diffusers' name of the class.
    /// - Throws: `SchedulerError.unknownScheduler`.
    public init(named name: String) throws {
        guard let kind = Self.allCases.first(where: { $0.rawValue == name || $0.className == name }) else {
            throw SchedulerError.unknownScheduler(name)
        }
        self = kind
    }

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// The scheduler that diffusers would use for a model with this configuration file.
///
/// Without a `kind`, or with the one that the file names, this is the scheduler of a loaded `StableDiffusionPipeline`,
/// which corrects `steps_offset` to 1 and `clip_sample` to false. With another kind it is what
/// `pipe.scheduler = Kind.from_config(pipe.scheduler.config)` gives: settings that the file does not have take the
/// defaults of the new class.
///
/// - Parameters:
///   - kind: the scheduler to use, or nil for the one that the file names.
///   - configurationJSON: the bytes of `scheduler_config.json`.
///   - eta: how much noise DDIM adds in each step, 0 (none) to 1 (as DDPM); the other schedulers ignore it.
/// - Throws: `SchedulerError` when the file is malformed, names an unknown scheduler or asks for the impossible.
public func makeScheduler(
    kind: SchedulerKind?, configurationJSON: [UInt8], eta: Double = 0
) throws -> any Scheduler {
    var file = try SchedulerFile(json: configurationJSON)
    let chosen: SchedulerKind
    if let kind {
        chosen = kind
    } else if let className = file.className {
        chosen = try SchedulerKind(named: className)
    } else {
        throw SchedulerError.missingClassName
    }
    file.correctOutdated(ownScheduler: file.className ?? chosen.className == chosen.className)
    let configuration = try file.configuration(for: chosen)
    switch chosen {
    case .pndm: return try PNDMScheduler(configuration)
    case .ddim: return try DDIMScheduler(configuration, eta: eta)
    case .lms: return try LMSDiscreteScheduler(configuration)
    }
}
