/// What to paint, and how.
public struct GenerationOptions: Sendable {
    /// What to paint: one text, or several for as many (times `count`) pictures.
    public var prompts: [String]
    /// What no picture should show.
    public var negativePrompt: String
    /// Pixels; nil takes the size that the model was trained for.
    public var width: Int?
    /// Pixels; nil takes the size that the model was trained for. Both sides are multiples of 8, of at most 2048 × 2048
    /// pixels together.
    public var height: Int?
    /// Steps of denoising; nil takes the model's default. PNDM evaluates the U-Net once more than that, as Stable
    /// Diffusion has it set up.
    public var steps: Int?
    /// How strongly to follow the prompt (Ho & Salimans 2022). At 1 or less there is no guidance, and half the work;
    /// nil takes the model's default. Models that embed it (`Model.embedsGuidance`) always do half the work.
    public var guidanceScale: Float?
    /// With guidance: how far the prediction's contrast is brought back to that of the prompt's own, 0 (not at all) to 1
    /// (Lin et al. 2023, arXiv 2305.08891); 0.7 for models that were trained with zero-SNR betas.
    public var guidanceRescale: Float
    /// Spares nearly half of the work: what the U-Net's deep layers make and what guidance adds is computed in every
    /// second step only, and continued from there in the others (after DeepCache, Ma et al. 2023, arXiv 2312.00858). The
    /// picture comes out a little different.
    public var reuse = false
    /// nil takes a random one, which `Generation` reports.
    public var seed: UInt64?
    /// Which of PyTorch's generators the seed is for.
    public var noiseSource: NoiseSource
    /// Such as `model.scheduler(.ddim) { $0.eta = 1 }`; nil takes the model's own.
    public var scheduler: (any Scheduler)?
    /// Pictures of every prompt. Their noise comes from one stream, as in diffusers with one generator for a batch.
    public var count: Int
    /// What denoising begins with.
    public var start: Start
    /// What the generation ends with.
    public var output: Output
    /// What makes pictures of the final latents.
    public var decoder: Decoder
    /// Steps from one preview to the next; nil: none are made. They come with `GenerationProgress`.
    public var previewEvery: Int?
    /// Decodes in overlapping tiles: less memory for large pictures, and not quite the same result. For the full decoder.
    public var vaeTiling: Bool
    /// Makes pictures black that the model's safety checker flags, if it has one; see `Generation.nsfwContentDetected`.
    public var safetyChecker: Bool

    /// What is added to the text encoder and the U-Net, each in its scale.
    public var loras: [LoRA] = []

    /// What denoising begins with.
    public enum Start: Sendable {
        /// Noise from the seed.
        case noise
        /// Noise of unit variance, `[prompts · count, channels, height/8, width/8]`.
        case latents(Latents)
    }

    /// What a generation ends with.
    public enum Output: Sendable {
        /// Pictures, and the latents that they were decoded from.
        case images
        /// Latents only: nothing is decoded.
        case latents
    }

    /// What makes pictures of latents.
    public enum Decoder: String, CaseIterable, Sendable {
        /// The model's autoencoder.
        case full
        /// The tiny autoencoder (TAESD) that the model was converted with: a twentieth of the work, and not quite the same
        /// pictures.
        case taesd
    }

    /// Options for several prompts; the defaults are diffusers'. They are checked when they are used.
    public init(
        prompts: [String], negativePrompt: String = "", width: Int? = nil, height: Int? = nil, steps: Int? = nil,
        guidanceScale: Float? = nil, guidanceRescale: Float = 0, seed: UInt64? = nil, noiseSource: NoiseSource = .cpu,
        scheduler: (any Scheduler)? = nil, count: Int = 1, start: Start = .noise, output: Output = .images,
        decoder: Decoder = .full, previewEvery: Int? = nil, vaeTiling: Bool = false, safetyChecker: Bool = true
    ) {
        self.prompts = prompts
        self.negativePrompt = negativePrompt
        self.width = width
        self.height = height
        self.steps = steps
        self.guidanceScale = guidanceScale
        self.guidanceRescale = guidanceRescale
        self.seed = seed
        self.noiseSource = noiseSource
        self.scheduler = scheduler
        self.count = count
        self.start = start
        self.output = output
        self.decoder = decoder
        self.previewEvery = previewEvery
        self.vaeTiling = vaeTiling
        self.safetyChecker = safetyChecker
    }

    /// Options for one prompt.
    public init(
        prompt: String, negativePrompt: String = "", width: Int? = nil, height: Int? = nil, steps: Int? = nil,
        guidanceScale: Float? = nil, guidanceRescale: Float = 0, seed: UInt64? = nil, noiseSource: NoiseSource = .cpu,
        scheduler: (any Scheduler)? = nil, count: Int = 1, start: Start = .noise, output: Output = .images,
        decoder: Decoder = .full, previewEvery: Int? = nil, vaeTiling: Bool = false, safetyChecker: Bool = true
    ) {
        self.init(
            prompts: [prompt], negativePrompt: negativePrompt, width: width, height: height, steps: steps,
            guidanceScale: guidanceScale, guidanceRescale: guidanceRescale, seed: seed, noiseSource: noiseSource,
            scheduler: scheduler, count: count, start: start, output: output, decoder: decoder,
            previewEvery: previewEvery, vaeTiling: vaeTiling, safetyChecker: safetyChecker)
    }

    /// Pictures in all.
    var images: Int { prompts.count * count }
}
