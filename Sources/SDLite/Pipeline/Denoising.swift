import Kernels

/// The way from noise to latents that can be decoded, step by step:
///
///     for step in try pipeline.denoising(options) {
///         latents = try step.get().latents
///     }
///
/// Nothing is computed before a step is asked for; who stops asking has cancelled.
public struct Denoising: Sequence, IteratorProtocol {
    /// What a step came to.
    public struct Step: Sendable {
        /// From 0 up to `count`.
        public let index: Int
        /// Steps in all, as many as `timesteps`.
        public let count: Int
        /// What the U-Net was given: 0…999, fractional for K-LMS.
        public let timestep: Double
        /// After the step, `[pictures, channels, height/8, width/8]`.
        public let latents: Latents
        /// What the step began with, and what the model said to that.
        let input, output: Latents
        let scheduler: any Scheduler
    }

    /// As many as the steps; PNDM evaluates the U-Net more often than it was asked for.
    public let timesteps: [Double]
    private let unet: UNet
    private let request: Request
    /// One a prompt, each for `request.picturesPerPrompt` pictures.
    private let conditionings: [Conditioning]
    private var scheduler: any Scheduler
    private var generator: NoiseGenerator
    private var latents: Latents
    /// nil: every step is computed as a whole.
    private var reuse: StepReuse?
    private var index = 0
    private var failed = false

    /// - Parameter prompts: hidden states of every prompt: with guidance, of the negative prompt and of the prompt
    init(_ request: Request, unet: UNet, prompts: [Tensor]) throws {
        self.unet = unet
        self.request = request
        scheduler = request.scheduler
        generator = request.generator
        timesteps = scheduler.timesteps
        conditionings = try prompts.map {
            try unet.conditioning(
                timesteps: request.scheduler.timesteps, encoderHiddenStates: $0,
                guidanceScale: request.embeddedGuidanceScale, loras: request.loras)
        }
        latents = request.latents * scheduler.initNoiseSigma
        reuse = request.reuse ? StepReuse(unet, conditionings, picturesPerPrompt: request.picturesPerPrompt) : nil
    }

    /// The next step; after one that failed there is none.
    public mutating func next() -> Result<Step, any Error>? {
        guard index < timesteps.count, !failed else { return nil }
        let result = Result { try step() }
        if case .failure = result { failed = true }
        return result
    }

    private mutating func step() throws -> Step {
        let timestep = timesteps[index]
        let input = latents
        let noise = try predictNoise(scheduler.scaleModelInput(input, timestep: timestep))
        latents = try scheduler.step(noise, timestep: timestep, sample: input, using: &generator)
        defer { index += 1 }
        return Step(
            index: index, count: timesteps.count, timestep: timestep, latents: latents, input: input, output: noise,
            scheduler: scheduler)
    }

    /// The U-Net's prediction for every picture of the batch, one picture at a time so that memory does not grow with
    /// their number. With guidance, each is predicted for two prompts: the negative and the positive.
    private mutating func predictNoise(_ latents: Latents) throws -> Latents {
        try Latents.concatenated(
            (0..<latents.shape[0]).map { picture in
                let prediction =
                    try reuse?.prediction(latents[picture], picture: picture, step: index)
                    ?? unet(latents[picture], step: index, conditionings[picture / request.picturesPerPrompt])
                guard let scale = request.guidanceScale else { return prediction }
                return try prediction.guided(scale: scale, rescale: request.guidanceRescale)
            })
    }
}
