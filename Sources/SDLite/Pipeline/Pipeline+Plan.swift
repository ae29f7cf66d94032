import Kernels

extension Pipeline {
    /// The fastest way to work within `memoryLimit` bytes of resident memory (nil: no limit), which `generate` takes. It
    /// is found by walking through the generation without computing. The pictures do not depend on it.
    /// - Throws: `ModelError.notEnoughMemory` with the smallest workable figure, or what is wrong with the options
    public func plan(_ options: GenerationOptions, memoryLimit: Int? = AvailableMemory.bytes) throws -> MemoryPlan {
        try compute.exclusively { try choosePlan(options, memoryLimit: memoryLimit) }
    }

    func planAndPaint(
        _ options: GenerationOptions, memoryLimit: Int?, progress: (GenerationProgress) throws -> Void
    ) throws -> Generation {
        let plan = try choosePlan(options, memoryLimit: memoryLimit)
        try compute.reserve(plan.stages.map(\.activations).max() ?? 0)
        try Compute.requireAddressSpace(pictureBytes(options) + Self.arrayBytes)
        return try compute.during(plan.run) { try paint(options, progress: progress) }
    }

    /// - Parameter base: what is resident besides activations and weights; by default, what there is now
    func choosePlan(_ options: GenerationOptions, memoryLimit: Int?, base: Int? = nil) throws -> MemoryPlan {
        _ = try Request.latentShape(options, model: model, vae: vae)
        try Compute.requireAddressSpace(pictureBytes(options) + Self.arrayBytes)
        compute.endStage()
        model.stream.release()
        let base = base ?? residentBase
        var smallest: MemoryPlan?
        for (workingSet, drops) in candidates(options) {
            let plan = try plan(options, workingSet, dropsWeights: drops, base: base)
            if plan.peak <= memoryLimit ?? .max { return plan }
            if plan.peak < smallest?.peak ?? .max { smallest = plan }
        }
        throw ModelError.notEnoughMemory(limit: memoryLimit ?? 0, needed: smallest?.peak ?? 0)
    }

    /// Bytes of all pictures, of a size and number that was checked.
    private func pictureBytes(_ options: GenerationOptions) -> Int {
        (options.width ?? model.defaultSize) * (options.height ?? model.defaultSize) * 3 * options.images
    }

    /// More than what the library's arrays take besides pictures: latents, text, the allocator's own.
    private static let arrayBytes = 8 << 20

    private var residentBase: Int {
        let now = MemoryUsage.now
        return max(0, now.anonymous - compute.peakActivationBytes) + max(now.file, Self.programPages)
    }

    /// Pages of the program and its libraries that are resident once everything has run (measured, on x86-64).
    private static let programPages = 18_000_000

    /// From the fastest to the smallest.
    private func candidates(_ options: GenerationOptions) -> [(WorkingSet, dropsWeights: Bool)] {
        let widest = vae.widestMap(
            height: options.height ?? model.defaultSize, width: options.width ?? model.defaultSize)
        let choices: [(tiles: Int, largest: Int)] = [
            (512, .max), (256, .max), (256, widest - 1), (128, widest - 1), (256, widest / 2 - 1),
            (128, widest / 2 - 1), (64, widest / 2 - 1),
        ]
        let workingSets = choices.map { choice in
            var workingSet = WorkingSet()
            workingSet.winogradTiles = choice.tiles
            workingSet.stripePixels = 16 * choice.tiles
            workingSet.largestStoredMap = choice.largest
            return workingSet
        }
        return [(workingSets[0], false)] + workingSets.map { ($0, true) }
    }

    /// Steps that are walked through: those after them repeat the last.
    private static let plannedSteps = 3

    private func plan(
        _ options: GenerationOptions, _ workingSet: WorkingSet, dropsWeights: Bool, base: Int
    ) throws -> MemoryPlan {
        var run = Run.current
        run.workingSet = workingSet
        // Pictures are worked on one after the other: one of every prompt tells it all.
        var one = options
        one.count = 1
        one.start = .noise
        let walked = try compute.planning(run) { try paint(one, mostSteps: Self.plannedSteps) }
        var kept = 0
        let stages = walked.stages.map { record in
            let footprint = footprint(of: record.stage)
            kept += footprint.total
            let weights = dropsWeights ? footprint.largest : kept
            let pictures = [.decoding, .checking].contains(record.stage) ? pictureBytes(options) : 0
            return MemoryPlan.StagePlan(
                stage: record.stage, activations: record.activationBytes, weights: weights,
                total: base + record.activationBytes + weights + pictures)
        }
        return MemoryPlan(stages: stages, workingSet: workingSet, dropsWeights: dropsWeights)
    }

    private func footprint(of stage: Stage) -> WeightFootprint {
        switch stage {
        case .encodingText: textEncoder.footprint
        case .denoising: unet.footprint
        case .decoding: vae.footprint
        case .checking: safetyChecker?.footprint ?? WeightFootprint()
        }
    }
}
