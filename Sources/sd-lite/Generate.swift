import ArgumentParser
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

    @Argument(help: "What to paint. More than 75 tokens are cut off, and the rest is reported.")
    var prompt: String

    @Option(name: .shortAndLong, help: "The model file made by sd-lite-convert.")
    var model: String

    @Option(help: "What the picture should not show.")
    var negativePrompt = ""

    @Option(help: "Denoising steps.")
    var steps = 50

    @Option(
        help: """
            How strictly to follow the prompt; 1 or less turns guidance off and halves the work. By default the model's, \
            or 7.5.
            """)
    var guidanceScale: Float?

    @Option(help: "Seed of the starting noise; random if not given, and always reported.")
    var seed: UInt64?

    @Option(help: "Whose random numbers: cpu or cuda, as PyTorch draws them there.")
    var generator = NoiseSource.cpu

    @Option(help: "\(SchedulerKind.names); by default the model's own.", transform: { try SchedulerKind(named: $0) })
    var scheduler: SchedulerKind?

    @Option(help: "DDIM only: share of fresh noise in each step, 0 to 1.")
    var eta = 0.0

    @Option(help: "Width in pixels, a multiple of 8; by default the model's.")
    var width: Int?

    @Option(help: "Height in pixels, a multiple of 8; by default the model's.")
    var height: Int?

    @Option(
        help: """
            Pictures to paint; by default 1, or as many as --latents-in holds. Above 1, files are numbered: \
            picture-1.png, picture-2.png, …
            """)
    var count: Int?

    @Option(name: .shortAndLong, help: "The PNG file to write.")
    var output = "picture.png"

    @Flag(help: "With --count above 1, also write all pictures on one contact sheet: picture-grid.png.")
    var grid = false

    @Option(
        help: """
            Start from this noise of unit variance instead of the seed's: float32 .npy, [count, 4, height/8, width/8].
            """)
    var latentsIn: String?

    @Option(help: "Write the final latents, from which the picture is decoded, to this .npy file.")
    var latentsOut: String?

    @Option(help: "Threads to use; by default, every core this process may run on.")
    var threads: Int?

    @Option(
        help: """
            The most resident memory, such as 300M or 1.5G; by default, what this process may use. Less memory takes \
            more time, and gives the same picture.
            """)
    var memoryLimit: ByteCount?

    @Flag(
        help: """
            Decode in overlapping tiles: less memory for pictures larger than the model's, which come out a little different.
            """)
    var vaeTiling = false

    @Flag(help: "Say on stderr how memory will be used.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Show no progress bar and no timings.")
    var quiet = false

    @Flag(help: "Print one line of JSON on stdout: seed, timings, peak memory, files.")
    var json = false

    func validate() throws {
        try require(steps > 0, "--steps must be 1 or more, not \(steps).")
        try require(guidanceScale?.isFinite ?? true, "--guidance-scale must be a finite number.")
        try require((0...1).contains(eta), "--eta must be between 0 and 1, not \(eta).")
        try require((1...1000).contains(count ?? 1), "--count must be between 1 and 1000.")
        try require((1...1024).contains(threads ?? 1), "--threads must be between 1 and 1024.")
        for (name, size) in [("--width", width), ("--height", height)] {
            guard let size else { continue }
            try require(size > 0 && size % 8 == 0, "\(name) must be a positive multiple of 8, not \(size).")
        }
        try require(output.hasSuffix(".png"), "--output must end in .png: no other format is written.")
    }

    private func require(_ holds: Bool, _ message: String) throws {
        if !holds { throw ValidationError(message) }
    }

    func run() throws {
        Interruption.watch()
        let names = OutputNames(output)
        try names.checkFolder()
        if let latentsOut { try OutputNames(latentsOut).checkFolder() }
        let model = try Model(path: model)
        let pipeline = try Pipeline(model: model, threads: threads)
        let options = try generationOptions(for: pipeline)

        let limit = memoryLimit?.bytes ?? AvailableMemory.bytes
        if verbose { printError(try pipeline.plan(options, memoryLimit: limit).table) }

        var meter = ProgressMeter(quiet: quiet)
        defer { meter.end() }
        let generation = try pipeline.compute.during(interruptible()) {
            try pipeline.generate(options, memoryLimit: limit) { meter.show($0) }
        }
        meter.end()
        for text in generation.truncatedPrompts {
            printError("warning: the prompt is too long; this part was left out: \(text)")
        }
        let files = try write(
            generation, ImageParameters(options, model: model, scheduler: scheduler, generation), names)
        let report = GenerationReport(generation, files: files)
        print(json ? try report.json : quiet ? report.seedAndFiles : report.summary)
    }

    private func generationOptions(for pipeline: Pipeline) throws -> GenerationOptions {
        var options = GenerationOptions(prompt: prompt)
        options.negativePrompt = negativePrompt
        options.width = width
        options.height = height
        options.steps = steps
        options.guidanceScale = guidanceScale
        options.seed = seed
        options.noiseSource = generator
        options.scheduler = try pipeline.model.scheduler(scheduler) { $0.eta = eta }
        options.count = count ?? 1
        options.vaeTiling = vaeTiling
        if let latentsIn {
            let (shape, values) = try Npy.read(path: latentsIn)
            guard shape.count == 4, shape.allSatisfy((1...8192).contains) else {
                throw CommandError.latentShape(file: latentsIn, shape: shape)
            }
            options.start = .latents(try Latents(shape: shape, values: values))
            options.count = count ?? shape[0]
            options.height = height ?? shape[2] * pipeline.vae.scale
            options.width = width ?? shape[3] * pipeline.vae.scale
        }
        return options
    }

    /// - Returns: the paths of all files
    private func write(
        _ generation: Generation, _ parameters: ImageParameters, _ names: OutputNames
    ) throws -> [String] {
        var files: [String] = []
        let count = generation.images.count
        for (i, image) in generation.images.enumerated() {
            guard !Interruption.requested else { throw CancellationError() }
            let path = count == 1 ? output : names.numbered(i + 1)
            try image.writePNG(to: path, parameters: parameters.text(picture: i))
            files.append(path)
        }
        if grid && count > 1 {
            try Image.grid(generation.images).writePNG(to: names.grid, parameters: parameters.text(picture: nil))
            files.append(names.grid)
        }
        if let latentsOut {
            try Npy.write(shape: generation.latents.shape, values: generation.latents.values, to: latentsOut)
            files.append(latentsOut)
        }
        return files
    }
}

extension NoiseSource: ExpressibleByArgument {}
