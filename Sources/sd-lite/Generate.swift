import ArgumentParser
import Quant
import SDLite
import Terminal

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Paint a picture from a prompt.",
        discussion: """
            The same model, prompt, options and seed give the same picture, here and in diffusers. With --count above 1 \
            the pictures' noise comes from one stream of random numbers, as in diffusers with one generator for the \
            batch: the second picture is not that of seed + 1.

            Prompt and settings are stored in the PNG, under "parameters" as A1111 stores them.
            """)

    @Argument(help: "What to paint. More than 75 tokens (words or parts of words) are cut off with a warning.")
    var prompt: String

    @OptionGroup var model: ModelOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            The PNG file to write; one of this name is replaced. If not given, picture.png or the next free of \
            picture-2.png, picture-3.png, …
            """, valueName: "picture.png"))
    var output: String?

    @Option(help: ArgumentHelp("What the picture should not show.", valueName: "text"))
    var negativePrompt = ""

    @Option(
        help: ArgumentHelp(
            "Steps of denoising. More take longer; 20 to 50 are usual. By default the model's, or 50.",
            valueName: "count"))
    var steps: Int?

    @Flag(
        help: """
            Paint in a fifth of the time, nearly as well: \(Fast.steps) steps of \(Fast.name). --scheduler and --steps \
            override.
            """)
    var fast = false

    @Option(
        help: ArgumentHelp(
            """
            How strictly to follow the prompt; 1 or less turns guidance off and halves the work. By default the \
            model's, or 7.5.
            """, valueName: "number"))
    var guidanceScale: Float?

    @Option(
        help: ArgumentHelp(
            """
            With guidance: how far to bring the prediction's contrast back to that of the prompt's own, 0 to 1; 0.7 for \
            models that were trained with zero-SNR betas.
            """, valueName: "share"))
    var guidanceRescale: Float = 0

    @Flag(
        help: """
            Let every second step reuse what most of the U-Net came to in those before it: nearly half the time, and a \
            picture that comes out a little different. With few steps, a sampler of few steps is the better choice.
            """)
    var reuse = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A whole number that the picture's noise comes from; random if not given or -1, and always reported.",
            valueName: "number"))
    var seed: Seed?

    @Option(help: "Whose random numbers turn the seed into noise: PyTorch's on a cpu or on cuda.")
    var generator = NoiseSource.cpu

    @Option(
        help: ArgumentHelp(
            """
            How steps are made: \(Sampler.names), or as A1111 has it: DPM++ 2M Karras; by default the model's own.
            """, valueName: "name"),
        transform: { try Sampler(named: $0) })
    var scheduler: Sampler?

    @Option(help: "How noise levels are spaced, for schedulers that have the choice; by default as the model says.")
    var sigmas: SigmaSpacing?

    @Option(help: "Which of the timesteps that the model was trained for are visited; by default as the model says.")
    var timestepSpacing: TimestepSpacing?

    @Option(
        help: ArgumentHelp(
            "DDIM and TCD only: share of fresh noise in each step, 0 to 1; by default 0, and TCD's 0.3.",
            valueName: "share"))
    var eta: Double?

    @Option(
        help: ArgumentHelp(
            """
            Pictures to paint, numbered picture-1.png, picture-2.png, …; by default 1, or as many as --latents-in holds.
            """, valueName: "count"))
    var count: Int?

    @Flag(help: "With --count above 1, also write all pictures on one contact sheet: picture-grid.png.")
    var grid = false

    @OptionGroup var loras: LoRAOptions
    @OptionGroup var memory: MemoryOptions

    @Option(
        help: ArgumentHelp(
            """
            Start from this noise of unit variance instead of the seed's: float32, [count, 4, height/8, width/8].
            """, valueName: "file.npy"))
    var latentsIn: String?

    @Option(
        help: ArgumentHelp(
            "Also write the final latents, from which the picture is decoded.", valueName: "file.npy"))
    var latentsOut: String?

    @Option(
        help: ArgumentHelp(
            "Show the picture so far in this file, which is replaced again and again.", valueName: "file.png"))
    var preview: String?

    @Option(help: ArgumentHelp("With --preview: steps from one to the next.", valueName: "count"))
    var previewEvery = 1

    @Flag(help: "Say on stderr how memory will be used, and where time and memory went.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Show no progress, and only files and seed at the end.")
    var quiet = false

    @Flag(help: "Print one line of JSON at the end instead: seed, timings, memory, files.")
    var json = false

    func validate() throws {
        try require(steps ?? 1 > 0, "--steps must be 1 or more, not \(steps ?? 1).")
        try require(guidanceScale?.isFinite ?? true, "--guidance-scale must be a finite number.")
        try require(
            (0...1).contains(guidanceRescale), "--guidance-rescale must be between 0 and 1, not \(guidanceRescale).")
        try require((0...1).contains(eta ?? 0), "--eta must be between 0 and 1, not \(eta ?? 0).")
        try require((1...1000).contains(count ?? 1), "--count must be from 1 to 1000, not \(count ?? 1).")
        try require(previewEvery > 0, "--preview-every must be 1 or more, not \(previewEvery).")
        try require(preview?.hasSuffix(".png") ?? true, "--preview must end in .png: no other format is written.")
        try require(output?.hasSuffix(".png") ?? true, "--output must end in .png: no other format is written.")
        try require(
            latentsOut?.hasSuffix(".npy") ?? true, "--latents-out must end in .npy: no other format is written.")
    }

    private func require(_ holds: Bool, _ message: String) throws {
        if !holds { throw ValidationError(message) }
    }

    func run() throws {
        Interruption.watch()
        let latents = try latentsIn.map(readLatents)
        let count = count ?? latents?.shape[0] ?? 1
        try files(count).checkWritable()
        if let preview { try checkWritable(path: preview) }
        let pipeline = try model.pipeline()
        let options = try generationOptions(for: pipeline, count: count, latents: latents)

        let limit = memory.limit
        if verbose { printError(try pipeline.plan(options, memoryLimit: limit).table) }

        var meter = ProgressMeter(quiet: quiet)
        defer { meter.end() }
        let generation = try pipeline.compute.during(.interruptible()) {
            try pipeline.generate(options, memoryLimit: limit) { progress in
                meter.show(progress)
                if let preview, !progress.previews.isEmpty { try Image.grid(progress.previews).writePNG(to: preview) }
            }
        }
        meter.end()
        if !quiet, let hint = Fast.hint(options) { printError(hint) }
        for text in generation.truncatedPrompts {
            printError("warning: the prompt is too long; this part was left out: \(text)")
        }
        if let flags = generation.nsfwContentDetected, flags.contains(true) {
            printError(
                "warning: the safety checker made \(flags.count { $0 }) of \(flags.count) pictures black; try another "
                    + "seed or prompt, or --no-safety-checker")
        }
        // Named again: another run may have written its pictures meanwhile.
        let files = files(count)
        let parameters = ImageParameters(options, model: pipeline.model, generation)
        try write(generation, parameters, to: files)
        let report = GenerationReport(generation, files: files.all)
        if verbose { printError(report.details) }
        print(json ? try report.json : quiet ? report.filesAndSeed : report.summary)
    }

    private func files(_ count: Int) -> OutputFiles {
        OutputFiles(output: output, count: count, grid: grid, latents: latentsOut)
    }

    private func readLatents(_ path: String) throws -> Latents {
        let (shape, values) = try Npy.read(path: path)
        guard shape.count == 4, shape.allSatisfy((1...8192).contains) else {
            throw CommandError.latentShape(file: path, shape: shape)
        }
        return try Latents(shape: shape, values: values)
    }

    private func generationOptions(for pipeline: Pipeline, count: Int, latents: Latents?) throws -> GenerationOptions {
        var options = GenerationOptions(prompt: prompt)
        options.negativePrompt = negativePrompt
        let scale = pipeline.vae.scale
        (options.width, options.height) =
            if let shape = latents?.shape {
                try model.size(orElse: (shape[3] * scale, shape[2] * scale))
            } else {
                try model.size(for: pipeline.model)
            }
        options.steps = steps ?? (isFast(pipeline.model) ? Fast.steps : nil)
        options.guidanceScale = guidanceScale
        options.guidanceRescale = guidanceRescale
        options.reuse = reuse
        options.seed = seed?.value
        options.noiseSource = generator
        options.scheduler = try pipeline.model.scheduler(sampler(for: pipeline.model)) { configuration in
            if let eta { configuration.eta = eta }
            if let timestepSpacing { configuration.timestepSpacing = timestepSpacing }
        }
        options.count = count
        (options.vaeTiling, options.safetyChecker) = (memory.vaeTiling, memory.safetyChecker)
        options.loras = try loras.loras(for: pipeline.model)
        options.decoder = memory.decoder
        options.previewEvery = preview.map { _ in previewEvery }
        if let latents { options.start = .latents(latents) }
        return options
    }

    /// Whether `--fast` changes anything: few-step models are faster by default.
    private func isFast(_ model: Model) -> Bool { fast && model.defaultSteps > Fast.steps }

    /// - Throws: `SchedulerError` if the model's own is asked for and there is none of its name, or if it does not have
    ///   the noise levels asked for
    private func sampler(for model: Model) throws -> Sampler {
        var sampler =
            try scheduler ?? (isFast(model) ? Fast.sampler : model.defaultSampler)
        if let sigmas { try sampler.space(sigmas) }
        return sampler
    }

    private func write(_ generation: Generation, _ parameters: ImageParameters, to files: OutputFiles) throws {
        for (i, (image, path)) in zip(generation.images, files.pictures).enumerated() {
            guard !Interruption.requested else { throw CancellationError() }
            try image.writePNG(to: path, parameters: parameters.text(picture: i))
        }
        if let grid = files.grid {
            try Image.grid(generation.images).writePNG(to: grid, parameters: parameters.text(picture: nil))
        }
        if let path = files.latents {
            try Npy.write(shape: generation.latents.shape, values: generation.latents.values, to: path)
        }
    }
}

extension NoiseSource: ExpressibleByArgument {}
extension TimestepSpacing: ExpressibleByArgument {}
extension SigmaSpacing: ExpressibleByArgument {}
