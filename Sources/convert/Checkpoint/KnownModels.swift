import Architecture

/// What the makers of few-step models recommend on their cards, and their checkpoints do not say.
enum KnownModels {
    /// By what comes after the owner in their names on Hugging Face, in small letters and digits alone.
    private static let recommendations = [
        turbo: Recommendation(steps: 1, guidanceScale: 0),
        "sdxs51209": Recommendation(steps: 1, guidanceScale: 0),
        "sdxs512dreamshaper": Recommendation(steps: 1, guidanceScale: 0),
    ]

    private static let turbo = "sdturbo"

    /// Of latent consistency models (Luo et al. 2023, arXiv 2310.04378), as `LatentConsistencyModelPipeline` has it.
    private static let consistency = Recommendation(steps: 4, guidanceScale: 8.5, scheduler: "lcm")

    /// - Parameter names: what the checkpoint may be called: `OWNER/NAME`, a folder, a file
    static func recommendation(names: [String], unet: UNetConfiguration) -> Recommendation {
        names.lazy.compactMap { recommendations[key($0)] }.first
            ?? (unet.timeCondProjDim == nil ? Recommendation() : consistency)
    }

    /// Whether one of the names is SD-Turbo's.
    static func isTurbo(names: [String]) -> Bool { names.contains { key($0) == turbo } }

    private static func key(_ name: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        let stem = last.hasSuffix(".safetensors") ? last.dropLast(".safetensors".count) : last
        return stem.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
}
