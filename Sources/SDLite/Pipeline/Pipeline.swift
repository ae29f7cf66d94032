import Kernels

/// Text to picture, as diffusers' StableDiffusionPipeline does it (pipeline_stable_diffusion.py).
public final class Pipeline {
    public let model: Model
    public let compute: Compute
    public let tokenizer: Tokenizer
    public let textEncoder: TextEncoder
    public let unet: UNet
    public let vae: VAE

    /// - Parameter threads: by default, every core that this process may use
    public convenience init(model: Model, threads: Int? = nil) throws {
        try self.init(model: model, compute: Compute(threads: threads))
    }

    /// - Parameter compute: how and on how many threads; its `isCancelled` stops a `generate` within a layer's time
    public convenience init(model: Model, compute: Compute) throws {
        try self.init(model: model, compute: compute, tokenizer: model.tokenizer())
    }

    /// The same pipeline, except that nothing is computed.
    func planningPipeline() throws -> Pipeline {
        try Pipeline(
            model: model,
            compute: Compute(
                threads: compute.threads, kernels: compute.kernels, arithmetic: compute.arithmetic, isPlanning: true),
            tokenizer: tokenizer)
    }

    private init(model: Model, compute: Compute, tokenizer: Tokenizer) throws {
        self.model = model
        self.compute = compute
        self.tokenizer = tokenizer
        textEncoder = try model.textEncoder(on: compute)
        unet = try model.unet(on: compute)
        vae = try model.vae(on: compute)
        model.stream.endStage()  // what was touched by reading the small parameters
        guard unet.inChannels == vae.latentChannels else {
            throw ModelError.badConfiguration(
                component: "unet", expected: "\(vae.latentChannels) in_channels (inpainting models are not supported)")
        }
    }

    /// - Parameter progress: told of every part done; answering false ends the work with `CancellationError`
    public func generate(
        _ options: GenerationOptions, progress: (GenerationProgress) -> Bool = { _ in true }
    ) throws -> Generation {
        func report(_ stage: GenerationProgress.Stage, _ completed: Int, of total: Int) throws {
            guard progress(GenerationProgress(stage: stage, completed: completed, total: total)) else {
                throw CancellationError()
            }
        }
        let watch = compute.isPlanning ? nil : MemoryWatch()
        var memory: [MemoryUsage] = []
        var activationBytes: [Int] = []
        func endStage() {
            if let watch { memory.append(watch.take()) }
            activationBytes.append(compute.peakActivationBytes)
            compute.endStage()
            model.stream.endStage()
        }
        let stallBefore = model.stream.stallSeconds
        let clock = ContinuousClock()
        var generator = NoiseGenerator(seed: options.seed, source: options.noiseSource)
        var scheduler = try model.scheduler(options.scheduler) { $0.eta = options.eta }
        try scheduler.setTimesteps(options.steps)
        let shape = try latentShape(options)

        try report(.encodingText, 0, of: 1)
        let guidanceScale = options.guidanceScale ?? model.defaultGuidanceScale
        let guided = guidanceScale > 1
        let prompts = (guided ? [options.negativePrompt] : []) + [options.prompt]
        let encodings = prompts.map(tokenizer.encode)
        var encoderHiddenStates: Tensor?
        let textTime = try clock.measure { encoderHiddenStates = try textEncoder(encodings.map(\.ids)) }
        guard let encoderHiddenStates else { throw CancellationError() }
        endStage()

        let noise = try options.latents ?? Latents.randn(shape: shape, using: &generator)
        var latents = noise * scheduler.initNoiseSigma

        try unet.prepare(timesteps: scheduler.timesteps)
        var stepSeconds: [Double] = []
        for (step, timestep) in scheduler.timesteps.enumerated() where step < 3 || !compute.isPlanning {
            try report(.denoising, step, of: scheduler.timesteps.count)
            stepSeconds.append(
                try clock.measure {
                    let input = try scheduler.scaleModelInput(latents, timestep: timestep)
                    let noise = try predictNoise(
                        input, timestep, encoderHiddenStates, guidanceScale: guided ? guidanceScale : nil)
                    latents = try scheduler.step(noise, timestep: timestep, sample: latents, using: &generator)
                }.seconds)
        }
        try report(.denoising, scheduler.timesteps.count, of: scheduler.timesteps.count)
        unet.forget()
        endStage()

        var images: [Image] = []
        let decodeTime = try clock.measure {
            for i in 0..<options.count {
                try report(.decoding, i, of: options.count)
                let decode = options.vaeTiling ? vae.tiledDecode : vae.decode
                images.append(Image(try decode(latents[i])))
            }
        }
        try report(.decoding, options.count, of: options.count)
        endStage()
        return Generation(
            images: images, latents: latents, truncatedPrompts: encodings.compactMap(\.truncatedText),
            textSeconds: textTime.seconds, stepSeconds: stepSeconds, decodeSeconds: decodeTime.seconds,
            memory: memory, activationBytes: activationBytes, stallSeconds: model.stream.stallSeconds - stallBefore)
    }

    /// The U-Net's prediction for every picture of the batch, one picture at a time so that memory does not grow with
    /// their number. With guidance, each is predicted for two prompts: the negative and the positive.
    private func predictNoise(
        _ latents: Latents, _ timestep: Double, _ encoderHiddenStates: Tensor, guidanceScale: Float?
    ) throws -> Latents {
        try Latents.concatenated(
            latents.chunked(latents.shape[0]).map { image in
                let prediction = try unet(image, timestep: timestep, encoderHiddenStates: encoderHiddenStates)
                return try guidanceScale.map { try prediction.guided(scale: $0) } ?? prediction
            })
    }

    private static let mostPixels = 2048 * 2048

    private func latentShape(_ options: GenerationOptions) throws -> [Int] {
        let (width, height) = (options.width ?? model.defaultSize, options.height ?? model.defaultSize)
        guard options.count > 0 else { throw ModelError.badOption("count must be 1 or more, not \(options.count)") }
        guard width > 0, height > 0, width % vae.scale == 0, height % vae.scale == 0, width <= 8192, height <= 8192
        else {
            throw ModelError.badSize(width: width, height: height, multiple: vae.scale)
        }
        guard width * height <= Self.mostPixels else {
            throw ModelError.badOption(
                "\(width)×\(height) is too large: at most \(Self.mostPixels) pixels are possible")
        }
        let shape = [options.count, unet.inChannels, height / vae.scale, width / vae.scale]
        if let latents = options.latents, latents.shape != shape {
            throw ModelError.badLatents(found: latents.shape, expected: shape)
        }
        return shape
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
