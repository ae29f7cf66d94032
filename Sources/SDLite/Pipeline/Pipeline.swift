import Kernels

/// Text to picture, as diffusers' StableDiffusionPipeline does it (pipeline_stable_diffusion.py). Several tasks may use
/// one pipeline: one generation runs at a time, the others wait for their turn.
public final class Pipeline: Sendable {
    /// The file that the weights are read from, whenever they are used.
    public let model: Model
    /// Where all networks of this pipeline compute.
    public let compute: Compute
    /// Text to token ids.
    public let tokenizer: Tokenizer
    /// Token ids to hidden states.
    public let textEncoder: TextEncoder
    /// Latents and hidden states to the noise in the latents.
    public let unet: UNet
    /// Latents to pixels, and pictures to latents.
    public let vae: VAE
    /// The same with less work, a little less exactly; nil if the model has none.
    public let tinyVAE: TinyVAE?
    /// Pictures to what they might show; nil if the model has none.
    public let safetyChecker: SafetyChecker?

    /// - Parameters:
    ///   - model: may be shared by pipelines
    ///   - threads: 1…1024; by default, every core that this process may use
    /// - Throws: `ModelError`, `TokenizerError`, `FormatError`, `MachineError`
    public convenience init(model: Model, threads: Int? = nil) throws {
        try self.init(model: model, compute: Compute(threads: threads))
    }

    /// - Parameters:
    ///   - model: may be shared by pipelines
    ///   - compute: how and on how many threads; pipelines may share one
    /// - Throws: `ModelError`, `TokenizerError`, `FormatError`
    public init(model: Model, compute: Compute) throws {
        self.model = model
        self.compute = compute
        tokenizer = try model.tokenizer()
        textEncoder = try model.textEncoder(on: compute)
        unet = try model.unet(on: compute)
        vae = try model.vae(on: compute)
        tinyVAE = try model.tinyVAE(on: compute)
        safetyChecker = try model.safetyChecker(on: compute)
    }

    /// Tokenizer and text encoder, one after the other.
    public var promptEncoder: PromptEncoder { PromptEncoder(tokenizer: tokenizer, textEncoder: textEncoder) }

    /// Paints, within `memoryLimit`. The pictures do not depend on the limit.
    /// - Parameters:
    ///   - options: what to paint
    ///   - memoryLimit: bytes of resident memory that this process may use; nil: no limit
    ///   - progress: told of every part done; what it throws ends the work, as does cancelling the task that called
    /// - Throws: `ModelError`, `SchedulerError`, `CancellationError`
    public func generate(
        _ options: GenerationOptions, memoryLimit: Int? = AvailableMemory.bytes,
        progress: (GenerationProgress) throws -> Void = { _ in }
    ) throws -> Generation {
        try compute.exclusively { try planAndPaint(options, memoryLimit: memoryLimit, progress: progress) }
    }

    /// The steps of a generation, to be asked for one by one: for previews, or to decode only the last.
    /// - Throws: as `generate`
    public func denoising(_ options: GenerationOptions) throws -> Denoising {
        let request = try Request(options, model: model, vae: vae)
        let prompts = try request.texts.map { try promptEncoder($0, loras: options.loras).hiddenStates }
        return try Denoising(request, unet: unet, prompts: prompts)
    }

    /// - Parameter mostSteps: fewer than all are enough to learn how much memory they take
    func paint(
        _ options: GenerationOptions, mostSteps: Int = .max, progress: (GenerationProgress) throws -> Void = { _ in }
    ) throws -> Generation {
        let request = try Request(options, model: model, vae: vae)
        var stages = StageRecorder(compute, model.stream)

        try progress(GenerationProgress(stage: .encodingText, completed: 0, total: 1))
        let prompts = try stages.record(.encodingText) {
            try request.texts.map { try promptEncoder($0, loras: options.loras) }
        }
        let truncated = prompts.flatMap(\.truncated)

        var latents = request.latents
        var stepSeconds: [Double] = []
        try stages.record(.denoising) {
            let previewer = try options.previewEvery.map { _ in try Previewer(vae: vae, tinyVAE: tinyVAE) }
            var start = ContinuousClock.now
            let denoising = try Denoising(request, unet: unet, prompts: prompts.map(\.hiddenStates))
            let total = denoising.timesteps.count
            try progress(GenerationProgress(stage: .denoising, completed: 0, total: total))
            for step in denoising.prefix(mostSteps) {
                let step = try step.get()
                latents = step.latents
                stepSeconds.append((ContinuousClock.now - start) / .seconds(1))
                let isPreviewed = stepSeconds.count.isMultiple(of: options.previewEvery ?? 1)
                try progress(
                    GenerationProgress(
                        stage: .denoising, completed: stepSeconds.count, total: total, latents: latents,
                        previews: isPreviewed ? previewer?(step.denoised()) ?? [] : []))
                start = .now
            }
        }

        var images: [Image] = []
        if options.output == .images {
            try stages.record(.decoding) {
                for picture in 0..<options.images {
                    try progress(GenerationProgress(stage: .decoding, completed: picture, total: options.images))
                    images.append(try Image(decode(latents[picture], options)))
                }
                try progress(GenerationProgress(stage: .decoding, completed: options.images, total: options.images))
            }
        }

        var nsfwContentDetected: [Bool]?
        if options.safetyChecker, !images.isEmpty, let safetyChecker {
            nsfwContentDetected = try stages.record(.checking) {
                try blacken(&images, flaggedBy: safetyChecker, progress: progress)
            }
        }
        return Generation(
            images: images, nsfwContentDetected: nsfwContentDetected, latents: latents, seed: request.seed,
            truncatedPrompts: truncated, stepSeconds: stepSeconds, stages: stages.records)
    }

    private func decode(_ latents: Latents, _ options: GenerationOptions) throws -> Tensor {
        if options.decoder == .taesd, let tinyVAE { return try tinyVAE.decode(latents) }
        return options.vaeTiling ? try vae.tiledDecode(scaled: latents) : try vae.decode(scaled: latents)
    }

    /// Makes pictures black that the safety checker flags, and returns which these are.
    private func blacken(
        _ images: inout [Image], flaggedBy safetyChecker: SafetyChecker,
        progress: (GenerationProgress) throws -> Void
    ) throws -> [Bool] {
        var flags: [Bool] = []
        for (i, image) in images.enumerated() {
            try progress(GenerationProgress(stage: .checking, completed: i, total: images.count))
            flags.append(try safetyChecker(image).isFlagged)
            if flags[i] {
                images[i] = Image(width: image.width, pixels: [UInt8](repeating: 0, count: image.pixels.count))
            }
        }
        try progress(GenerationProgress(stage: .checking, completed: images.count, total: images.count))
        return flags
    }
}
