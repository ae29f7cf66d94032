import Kernels

/// Options that were checked against a model, with what they leave open filled in.
struct Request {
    let seed: UInt64
    let scheduler: any Scheduler
    /// nil: no guidance.
    let guidanceScale: Float?
    let guidanceRescale: Float
    /// What the U-Net is told of guidance, if it is one that embeds it.
    let embeddedGuidanceScale: Float?
    let reuse: Bool
    /// What is encoded together for each prompt: with guidance, the negative prompt and the prompt.
    let texts: [[String]]
    let picturesPerPrompt: Int
    /// Noise of unit variance.
    let latents: Latents
    let loras: [LoRA]
    /// The source of further noise.
    let generator: NoiseGenerator

    private static let mostPixels = 2048 * 2048
    private static let mostImages = 1000

    /// - Throws: `ModelError` or `SchedulerError`, if the options make no sense
    init(_ options: GenerationOptions, model: Model, vae: VAE) throws {
        let shape = try Self.latentShape(options, model: model, vae: vae)
        let scale = options.guidanceScale ?? model.defaultGuidanceScale
        guard scale.isFinite else { throw ModelError.badOption("guidanceScale must be a finite number, not \(scale)") }
        let isGuided = scale > 1 && !model.embedsGuidance
        guidanceScale = isGuided ? scale : nil
        embeddedGuidanceScale = model.embedsGuidance ? scale : nil
        guard 0...1 ~= options.guidanceRescale else {
            throw ModelError.badOption("guidanceRescale must be 0 to 1, not \(options.guidanceRescale)")
        }
        guidanceRescale = options.guidanceRescale
        reuse = options.reuse
        texts = options.prompts.map { isGuided ? [options.negativePrompt, $0] : [$0] }
        picturesPerPrompt = options.count
        loras = options.loras

        var scheduler = try options.scheduler ?? model.scheduler()
        try scheduler.setTimesteps(options.steps ?? model.defaultSteps)
        self.scheduler = scheduler

        seed = options.seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var generator = NoiseGenerator(seed: seed, source: options.noiseSource)
        switch options.start {
        case .noise: latents = try Latents.randn(shape: shape, using: &generator)
        case .latents(let given): latents = given
        }
        self.generator = generator
    }

    /// The shape of the latents, if pictures of this size and number can be painted.
    static func latentShape(_ options: GenerationOptions, model: Model, vae: VAE) throws -> [Int] {
        let (width, height) = (options.width ?? model.defaultSize, options.height ?? model.defaultSize)
        guard !options.prompts.isEmpty else { throw ModelError.badOption("prompts must not be empty") }
        guard options.prompts.count <= mostImages, 1...mostImages / options.prompts.count ~= options.count else {
            throw ModelError.badOption(
                "count times prompts must be 1 to \(mostImages) pictures, not \(options.count) of each of "
                    + "\(options.prompts.count) prompts")
        }
        guard width > 0, height > 0, width % vae.scale == 0, height % vae.scale == 0, width <= 8192, height <= 8192
        else { throw ModelError.badSize(width: width, height: height, multiple: vae.scale) }
        guard width * height <= mostPixels else {
            throw ModelError.badOption("\(width)×\(height) is too large: at most \(mostPixels) pixels are possible")
        }
        guard options.decoder == .full || model.hasTinyVAE else {
            throw ModelError.badOption(
                "the model has no tiny decoder: convert its checkpoint again with --tiny-vae, or use the full decoder")
        }
        guard options.decoder == .full || !options.vaeTiling else {
            throw ModelError.badOption("vaeTiling is for the full decoder, not for the tiny one")
        }
        guard options.previewEvery ?? 1 > 0 else { throw ModelError.badOption("previewEvery must be 1 or more") }
        let shape = [options.images, vae.latentChannels, height / vae.scale, width / vae.scale]
        if case .latents(let given) = options.start, given.shape != shape {
            throw ModelError.badLatents(found: given.shape, expected: shape)
        }
        return shape
    }
}
