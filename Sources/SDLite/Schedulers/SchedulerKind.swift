/// The schedulers there are, by the names that `--scheduler` takes.
public enum SchedulerKind: String, CaseIterable, Sendable {
    /// Pseudo numerical methods (Liu et al. 2022, arXiv 2202.09778): v1-4's own.
    case pndm
    /// Denoising diffusion implicit models (Song et al. 2020, arXiv 2010.02502).
    case ddim
    /// K-LMS, a linear multistep method over the noise levels (Katherine Crowson's k-diffusion).
    case lms
    /// Euler's method over the noise levels.
    case euler
    /// Euler's method with fresh noise in every step.
    case eulerAncestral = "euler-a"
    /// Heun's method over the noise levels: two evaluations a step.
    case heun
    /// DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095).
    case dpmSolver = "dpm++-2m"
    /// UniPC (Zhao et al. 2023, arXiv 2302.04867).
    case unipc
    /// Latent consistency models (Luo et al. 2023, arXiv 2310.04378).
    case lcm
    /// Trajectory consistency models (Zheng et al. 2024, arXiv 2402.19159).
    case tcd

    /// The table of schedulers: the type, named as diffusers' class, the method's name in A1111, other names of it.
    private var entry: (type: any ConfiguredScheduler.Type, name: String, aliases: [String]) {
        switch self {
        case .pndm: (PNDMScheduler.self, "PLMS", [])
        case .ddim: (DDIMScheduler.self, "DDIM", [])
        case .lms: (LMSDiscreteScheduler.self, "LMS", [])
        case .euler: (EulerDiscreteScheduler.self, "Euler", [])
        case .eulerAncestral: (EulerAncestralDiscreteScheduler.self, "Euler a", ["euler-ancestral"])
        case .heun: (HeunDiscreteScheduler.self, "Heun", [])
        case .dpmSolver: (DPMSolverMultistepScheduler.self, "DPM++ 2M", [])
        case .unipc: (UniPCMultistepScheduler.self, "UniPC", [])
        case .lcm: (LCMScheduler.self, "LCM", [])
        case .tcd: (TCDScheduler.self, "TCD", [])
        }
    }

    /// diffusers' name of the class.
    public var className: String { "\(entry.type)" }

    /// A1111's name of the method.
    public var displayName: String { entry.name }

    /// The settings that diffusers' class has without a file.
    public var defaultConfiguration: SchedulerConfiguration { entry.type.defaultConfiguration }

    /// Whether there is a choice of `SigmaSpacing`; others leave such a setting unread, as in diffusers.
    public var hasSigmaSpacing: Bool {
        switch self {
        case .lms, .euler, .heun, .dpmSolver, .unipc: true
        case .pndm, .ddim, .eulerAncestral, .lcm, .tcd: false
        }
    }

    /// "pndm, ddim, …, lcm or tcd", for texts.
    public static var names: String {
        let names = allCases.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    }

    /// The kind of a scheduler; nil if it is none of the library's.
    init?(of scheduler: any Scheduler) {
        guard let kind = Self.allCases.first(where: { $0.entry.type == type(of: scheduler) }) else { return nil }
        self = kind
    }

    /// - Parameter name: a raw value, A1111's or k-diffusion's name of the method, or diffusers' name of the class;
    ///   capitals, hyphens, underscores and spaces do not matter.
    /// - Throws: `SchedulerError.unknownScheduler`.
    public init(named name: String) throws {
        guard let kind = Self.kind(named: name) else {
            throw SchedulerError.unknownScheduler(name, known: Self.names)
        }
        self = kind
    }

    static func kind(named name: String) -> Self? {
        let name = letters(name)
        return allCases.first { kind in
            let names = [kind.rawValue, kind.className, kind.displayName] + kind.entry.aliases
            return names.contains { letters($0) == name || "k" + letters($0) == name }
        }
    }

    /// A name without what does not matter in it: `DPM++ 2M` is `dpmpp_2m`.
    static func letters(_ name: String) -> String {
        name.lowercased().replacing("+", with: "p").filter { !"-_ ".contains($0) }
    }

    /// - Throws: `SchedulerError` for a configuration that makes no sense.
    public func make(_ configuration: SchedulerConfiguration) throws -> any Scheduler {
        try entry.type.init(configuration)
    }
}
