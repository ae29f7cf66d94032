import ArgumentParser
import SDLite
import Terminal

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Paint a picture from a prompt.",
        discussion: """
            The same model, prompt, options and seed give the same picture, here and in diffusers. With --count above 1 \
            the pictures' noise comes from one stream of random numbers, as in diffusers with one generator for the batch.
            """)

    @Argument(help: "What to paint. More than 75 tokens are cut off, and the rest is reported.")
    var prompt: String

    @Option(name: .shortAndLong, help: "The model file made by sd-lite-convert.")
    var model: String

    @Option(help: "What the picture should not show.")
    var negativePrompt = ""

    @Option(help: "Denoising steps.")
    var steps = 50

    @Option(help: "How strictly to follow the prompt; 1 or less turns guidance off and halves the work.")
    var guidanceScale: Float = 7.5

    @Option(help: "Seed of the starting noise; random if not given, and always reported.")
    var seed: UInt64?

    @Option(help: "Whose random numbers: cpu or cuda, as PyTorch draws them there.")
    var generator = NoiseSource.cpu

    @Option(help: "pndm, ddim or lms; by default the model's own.", transform: { try SchedulerKind(named: $0) })
    var scheduler: SchedulerKind?

    @Option(help: "DDIM only: share of fresh noise in each step, 0 to 1.")
    var eta = 0.0

    @Option(help: "Width in pixels, a multiple of 8; by default the model's.")
    var width: Int?

    @Option(help: "Height in pixels, a multiple of 8; by default the model's.")
    var height: Int?

    @Option(help: "Pictures to paint. Above 1, files are numbered: picture-1.png, picture-2.png, …")
    var count = 1

    @Option(name: .shortAndLong, help: "The PNG file to write.")
    var output = "picture.png"

    @Flag(help: "Also write all pictures on one contact sheet: picture-grid.png.")
    var grid = false

    @Option(help: "Start from these latents instead of the seed's noise: float32 .npy, [count, 4, height/8, width/8].")
    var latentsIn: String?

    @Option(help: "Write the final latents to this .npy file.")
    var latentsOut: String?

    @Option(help: "Threads to use; by default, every core this process may run on.")
    var threads: Int?

    @Flag(name: .shortAndLong, help: "Show no progress and no report.")
    var quiet = false

    @Flag(help: "Print one line of JSON on stdout: seed, timings, peak memory, files.")
    var json = false

    func validate() throws {
        try require(steps > 0, "--steps must be 1 or more, not \(steps).")
        try require(guidanceScale.isFinite, "--guidance-scale must be a finite number.")
        try require((0...1).contains(eta), "--eta must be between 0 and 1, not \(eta).")
        try require((1...1000).contains(count), "--count must be between 1 and 1000, not \(count).")
        try require((1...1024).contains(threads ?? 1), "--threads must be between 1 and 1024.")
        for (name, size) in [("--width", width), ("--height", height)] {
            guard let size else { continue }
            try require(size > 0 && size % 8 == 0, "\(name) must be a positive multiple of 8, not \(size).")
        }
    }

    private func require(_ holds: Bool, _ message: String) throws {
        if !holds { throw ValidationError(message) }
    }

    func run() throws {
        Interruption.watch()
        let pipeline = try Pipeline(model: Model(path: model), compute: makeCompute(threads: threads))
        var options = GenerationOptions(prompt: prompt)
        options.negativePrompt = negativePrompt
        options.width = width
        options.height = height
        options.steps = steps
        options.guidanceScale = guidanceScale
        options.seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        options.noiseSource = generator
        options.scheduler = scheduler
        options.eta = eta
        options.count = count
        options.latents = try latentsIn.map(readLatents)

        var meter = ProgressMeter(quiet: quiet)
        defer { meter.end() }
        let generation = try pipeline.generate(options) { progress in
            meter.show(progress)
            return !Interruption.requested
        }
        meter.end()
        for text in generation.truncatedPrompts {
            printError("warning: the prompt is too long; this part was left out: \(text)")
        }
        let files = try write(generation, options)
        let report = GenerationReport(options: options, generation: generation, files: files)
        if json {
            print(try report.json)
        } else if !quiet {
            print(report.summary)
        }
    }

    private func readLatents(_ path: String) throws -> Latents {
        let (shape, values) = try Npy.read(path: path)
        return Latents(shape: shape, values: values)
    }

    private func write(_ generation: Generation, _ options: GenerationOptions) throws -> [String] {
        let parameters = ImageParameters.text(options, image: generation.images[0])
        var files: [String] = []
        for (i, image) in generation.images.enumerated() {
            let path = count == 1 ? output : name("\(i + 1)")
            try image.writePNG(to: path, parameters: parameters)
            files.append(path)
        }
        if grid {
            try Image.grid(generation.images).writePNG(to: name("grid"), parameters: parameters)
            files.append(name("grid"))
        }
        if let latentsOut {
            try Npy.write(shape: generation.latents.shape, values: generation.latents.values, to: latentsOut)
            files.append(latentsOut)
        }
        return files
    }

    /// The output file's name with `suffix` before its extension.
    private func name(_ suffix: String) -> String {
        let stem = output.hasSuffix(".png") ? String(output.dropLast(4)) : output
        return "\(stem)-\(suffix).png"
    }
}

extension NoiseSource: ExpressibleByArgument {}
