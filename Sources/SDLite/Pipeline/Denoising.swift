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
        let prediction: Result<PredictionType, any Error>
    }

    /// As many as the steps; PNDM evaluates the U-Net more often than it was asked for.
    public let timesteps: [Double]
    private let unet: UNet
    /// nil: no guidance.
    private let guidanceScale: Float?
    private let guidanceRescale: Float
    /// One a prompt, each for `picturesPerPrompt` pictures.
    private let conditionings: [Conditioning]
    private let picturesPerPrompt: Int
    private var scheduler: any Scheduler
    /// What the U-Net was trained to predict, if its file says it so that it is understood.
    private let prediction: Result<PredictionType, any Error>
    private var generator: NoiseGenerator
    private var latents: Latents
    private var index = 0
    private var failed = false

    /// - Parameters:
    ///   - prompts: hidden states of every prompt: with guidance, of the negative prompt and of the prompt
    ///   - latents: noise of unit variance
    init(
        unet: UNet, scheduler: any Scheduler, prediction: Result<PredictionType, any Error>, prompts: [Tensor],
        picturesPerPrompt: Int, guidanceScale: Float?, guidanceRescale: Float, latents: Latents,
        generator: NoiseGenerator
    ) throws {
        self.unet = unet
        self.scheduler = scheduler
        self.prediction = prediction
        self.guidanceScale = guidanceScale
        self.guidanceRescale = guidanceRescale
        self.picturesPerPrompt = picturesPerPrompt
        self.generator = generator
        timesteps = scheduler.timesteps
        conditionings = try prompts.map {
            try unet.conditioning(timesteps: scheduler.timesteps, encoderHiddenStates: $0)
        }
        self.latents = latents * scheduler.initNoiseSigma
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
            scheduler: scheduler, prediction: prediction)
    }

    /// The U-Net's prediction for every picture of the batch, one picture at a time so that memory does not grow with
    /// their number. With guidance, each is predicted for two prompts: the negative and the positive.
    private func predictNoise(_ latents: Latents) throws -> Latents {
        try Latents.concatenated(
            (0..<latents.shape[0]).map { picture in
                let prediction = try unet(latents[picture], step: index, conditionings[picture / picturesPerPrompt])
                return try guidanceScale.map { try prediction.guided(scale: $0, rescale: guidanceRescale) }
                    ?? prediction
            })
    }
}
