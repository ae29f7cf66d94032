import Kernels

/// How a generation will use memory: found by walking through it with a `Compute` that only takes the memory.
public struct MemoryPlan: Sendable {
    public struct Stage: Sendable {
        public let name: String
        /// Activations, scratch memory and the small parameters, in bytes.
        public let activations: Int
        /// Pages of the model file, in bytes.
        public let weights: Int
        /// All of the process.
        public let total: Int
    }
    public let stages: [Stage]
    public let limits: WorkingSet
    /// Whether weights leave memory once they were used.
    public let dropsWeights: Bool

    public var peak: Int { stages.map(\.total).max() ?? 0 }

    /// One line on each choice.
    public var choices: [String] {
        [
            dropsWeights ? "weights leave memory after use" : "weights stay in memory",
            "\(limits.winogradTiles) tiles at a time",
            limits.largestStoredMap == .max
                ? "all maps are kept"
                : "maps above \(limits.largestStoredMap / 1_000_000) MB are computed anew when read",
        ]
    }
}

extension Pipeline {
    /// Chooses the fastest way to work within `memoryLimit` bytes of resident memory (nil: no limit) and sets it. The
    /// pictures do not depend on it.
    /// - Throws: `ModelError.notEnoughMemory` with the smallest workable figure, or what is wrong with the options
    @discardableResult
    public func plan(_ options: GenerationOptions, memoryLimit: Int?) throws -> MemoryPlan {
        compute.endStage()
        model.stream.release()
        let now = MemoryUsage.now
        let base = max(0, now.anonymous - compute.peakActivationBytes) + max(now.file, Self.programPages)
        return try plan(options, memoryLimit: memoryLimit, base: base)
    }

    /// Pages of the program and its libraries that are resident once everything has run (measured, on x86-64).
    private static let programPages = 18_000_000

    /// - Parameter base: what is resident besides activations and weights
    func plan(_ options: GenerationOptions, memoryLimit: Int?, base: Int) throws -> MemoryPlan {
        let planner = try planningPipeline()
        var best: MemoryPlan?
        for (limits, drops) in candidates(options) {
            let plan = try planner.plan(options, limits: limits, drops: drops, base: base)
            if plan.peak <= memoryLimit ?? .max {
                compute.limits = plan.limits
                model.stream.drops = plan.dropsWeights
                return plan
            }
            if plan.peak < best?.peak ?? .max { best = plan }
        }
        throw ModelError.notEnoughMemory(limit: memoryLimit ?? 0, needed: best?.peak ?? 0)
    }

    /// From the fastest to the smallest.
    private func candidates(_ options: GenerationOptions) -> [(WorkingSet, drops: Bool)] {
        let widest = vae.widestMap(
            height: options.height ?? model.defaultSize, width: options.width ?? model.defaultSize)
        let choices: [(tiles: Int, largest: Int)] = [
            (512, .max), (256, .max), (256, widest - 1), (128, widest - 1), (256, widest / 2 - 1),
            (128, widest / 2 - 1),
            (64, widest / 2 - 1),
        ]
        let limits = choices.map { choice in
            var limits = WorkingSet()
            limits.winogradTiles = choice.tiles
            limits.stripePixels = 16 * choice.tiles
            limits.largestStoredMap = choice.largest
            return limits
        }
        return [(limits[0], false)] + limits.map { ($0, true) }
    }

    private func plan(
        _ options: GenerationOptions, limits: WorkingSet, drops: Bool, base: Int
    ) throws -> MemoryPlan {
        compute.limits = limits
        var options = options
        let count = options.count
        options.count = 1
        options.latents = try options.latents?[0]
        let activations = try generate(options).activationBytes
        let pixels = (options.width ?? model.defaultSize) * (options.height ?? model.defaultSize)
        let outside = [0, 0, pixels * 3 * (MemoryLayout<Float>.size + count)]  // floats of one picture, bytes of all
        var weights = 0
        let stages = zip(["text", "denoising", "decoding"], Model.components).enumerated().map { i, stage in
            weights = drops ? model.largestMatrix(of: stage.1) : weights + model.matrixBytes(of: stage.1)
            return MemoryPlan.Stage(
                name: stage.0, activations: activations[i], weights: weights,
                total: base + activations[i] + weights + outside[i])
        }
        return MemoryPlan(stages: stages, limits: limits, dropsWeights: drops)
    }
}
