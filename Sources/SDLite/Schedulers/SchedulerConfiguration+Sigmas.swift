extension SchedulerConfiguration {
    /// The spacing of noise levels that is set; nil where they follow from the timesteps.
    public var sigmaSpacing: SigmaSpacing? {
        get { SigmaSpacing.allCases.first { self[keyPath: $0.flag] } }
        set { for spacing in SigmaSpacing.allCases { self[keyPath: spacing.flag] = spacing == newValue } }
    }

    /// - Throws: `SchedulerError.unsupportedOption` for more than one spacing, as diffusers.
    func checkSigmaSpacing() throws {
        let options = SigmaSpacing.allCases.filter { self[keyPath: $0.flag] }.map(\.option)
        guard options.count < 2 else {
            throw SchedulerError.unsupportedOption(options.joined(separator: " together with "))
        }
    }

    /// - Throws: `SchedulerError.unsupportedOption` if one of these settings of a scheduler is in use.
    func refuse(_ options: Set<String>) throws {
        if let option = unimplemented.intersection(options).min() { throw SchedulerError.unsupportedOption(option) }
    }
}

extension SigmaSpacing {
    fileprivate var flag: WritableKeyPath<SchedulerConfiguration, Bool> {
        switch self {
        case .karras: \.useKarrasSigmas
        case .exponential: \.useExponentialSigmas
        case .beta: \.useBetaSigmas
        }
    }
}
