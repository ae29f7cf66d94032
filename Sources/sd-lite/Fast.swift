import SDLite

/// What `--fast` stands for: what docs/SCHEDULERS.md recommends to who does not want to wait.
enum Fast {
    static let name = "UniPC Karras"
    static let steps = 10
    /// With fewer steps PNDM is far from the picture that it converges to, and farther than any other scheduler.
    private static let fewestOfPNDM = 15

    /// - Throws: nothing, as the name is one of `Sampler`'s
    static var sampler: Sampler { get throws { try Sampler(named: name) } }

    /// A line about settings that paint badly.
    static func hint(_ options: GenerationOptions) -> String? {
        guard let steps = options.steps, steps < fewestOfPNDM, let scheduler = options.scheduler,
            Sampler(of: scheduler)?.kind == .pndm
        else { return nil }
        return "hint: PNDM wants \(fewestOfPNDM) steps or more; --fast paints better in \(Self.steps)"
    }
}
