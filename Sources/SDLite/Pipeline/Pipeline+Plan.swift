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
        let (height, width) = (options.height ?? model.defaultSize, options.width ?? model.defaultSize)
        let tiny = options.decoder == .taesd ? tinyVAE?.decoder : nil
        let widest =
            tiny?.widestMap(height: height, width: width) ?? vae.decoder.widestMap(height: height, width: width)
        return try MemoryPlanner(compute: compute, stream: model.stream).choose(
            memoryLimit: memoryLimit, base: base, widestMap: widest
        ) { run, base in try stages(options, run, base: base) }
    }

    /// Bytes of all pictures, of a size and number that was checked.
    private func pictureBytes(_ options: GenerationOptions) -> Int {
        (options.width ?? model.defaultSize) * (options.height ?? model.defaultSize) * 3 * options.images
    }

    /// More than what the library's arrays take besides pictures: latents, text, the allocator's own.
    private static let arrayBytes = 8 << 20

    /// Steps that are walked through: those after them repeat these.
    private static let plannedSteps = 4

    /// Bytes of the maps that are kept from step to step for further pictures of a prompt than the one walked through.
    private func furtherMapBytes(_ options: GenerationOptions) throws -> Int {
        guard options.reuse else { return 0 }
        let map = unet.lastMapBytes(for: try Request.latentShape(options, model: model, vae: vae))
        return options.prompts.count * (options.count - 1) * StepReuse.wholeSteps * map
    }

    private func stages(_ options: GenerationOptions, _ run: Run, base: Int) throws -> [MemoryPlan.StagePlan] {
        // Pictures are worked on one after the other: one of every prompt tells it all.
        var one = options
        one.count = 1
        one.start = .noise
        if one.previewEvery != nil { one.previewEvery = 1 }
        let walked = try compute.planning(run) { try paint(one, mostSteps: Self.plannedSteps) }
        var kept: Set<Network> = []
        let furtherMaps = try furtherMapBytes(options)
        return walked.stages.map { record in
            let networks = networks(of: record.stage, options)
            kept.formUnion(networks)
            let weights =
                run.dropsWeights
                ? networks.map { footprint(of: $0).largest }.max() ?? 0
                : kept.reduce(0) { $0 + footprint(of: $1).total }
            let activations = record.activationBytes + (record.stage == .denoising ? furtherMaps : 0)
            let hasPictures = [.decoding, .checking].contains(record.stage) || networks.contains(.tinyDecoder)
            let pictures = hasPictures ? pictureBytes(options) : 0
            return MemoryPlan.StagePlan(
                stage: record.stage, activations: activations, weights: weights,
                total: base + activations + weights + pictures)
        }
    }

    /// What takes weights from the file by itself.
    private enum Network { case textEncoder, unet, encoder, decoder, tinyDecoder, safetyChecker }

    private func networks(of stage: Stage, _ options: GenerationOptions) -> [Network] {
        switch stage {
        case .encodingText: [.textEncoder]
        case .encodingPictures: [.encoder]
        case .denoising where options.previewEvery != nil: [.unet, tinyVAE == nil ? .decoder : .tinyDecoder]
        case .denoising: [.unet]
        case .decoding: [options.decoder == .full ? .decoder : .tinyDecoder]
        case .checking: [.safetyChecker]
        }
    }

    private func footprint(of network: Network) -> WeightFootprint {
        switch network {
        case .textEncoder: textEncoder.footprint
        case .unet: unet.footprint
        case .encoder: vae.encoder.footprint
        case .decoder: vae.decoder.footprint
        case .tinyDecoder: tinyVAE?.decoder.footprint ?? WeightFootprint()
        case .safetyChecker: safetyChecker?.footprint ?? WeightFootprint()
        }
    }
}
