import ArgumentParser
import Kernels
import SDLite
import Terminal

/// What every command asks that runs a model.
struct ModelOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp(
            """
            The model: an .sdq file, or a name that sd-lite models lists. By default $SDLITE_MODEL, or else the only \
            model there is.
            """, valueName: "model"),
        completion: .file(extensions: ["sdq"]))
    var model: String?

    @Option(help: ArgumentHelp("Width in pixels, a multiple of 8; by default the model's.", valueName: "pixels"))
    var width: Int?

    @Option(help: ArgumentHelp("Height in pixels, a multiple of 8; by default the model's.", valueName: "pixels"))
    var height: Int?

    @Option(
        help: ArgumentHelp("Threads to compute on; by default as many as this process has cores.", valueName: "count"))
    var threads: Int?

    func validate() throws {
        for (name, size) in [("--width", width), ("--height", height)] {
            guard let size, !(8...8192).contains(size) || size % 8 != 0 else { continue }
            throw ValidationError("\(name) must be a multiple of 8 from 8 to 8192, not \(size).")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
    }

    private static let mostPixels = 2048 * 2048

    /// - Throws: `CommandError.tooManyPixels`
    func size(orElse given: (width: Int, height: Int)) throws(CommandError) -> (width: Int, height: Int) {
        let (width, height) = (width ?? given.width, height ?? given.height)
        guard width * height <= Self.mostPixels else {
            throw .tooManyPixels(width: width, height: height, limit: Self.mostPixels)
        }
        return (width, height)
    }

    /// The picture's size where nothing but these options says otherwise.
    func size(for model: Model) throws(CommandError) -> (width: Int, height: Int) {
        try size(orElse: (model.defaultSize, model.defaultSize))
    }

    /// Opens the model, to compute on as many threads as asked for.
    func pipeline(arithmetic: Arithmetic = .mixed) throws -> Pipeline {
        try Pipeline(
            model: Model(path: ModelChoice.path(model)), compute: Compute(threads: threads, arithmetic: arithmetic))
    }
}

extension Run {
    /// The settings of a run that stops after the layer in work once the user interrupts.
    static func interruptible(trace: Trace? = nil) -> Run {
        var run = Run()
        run.trace = trace
        run.isCancelled = { Interruption.requested }
        return run
    }
}

/// What the commands ask that plan a picture's memory.
struct MemoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The most memory to use, such as 300M or 1.5G; by default, what is available. With less memory the same \
            picture takes longer.
            """, valueName: "size"))
    var memoryLimit: ByteCount?

    @Option(
        help: """
            What makes the picture of the final latents: the model's full decoder, or in a twentieth of the work the \
            tiny one that it was converted with (sd-lite-convert --tiny-vae).
            """)
    var decoder = GenerationOptions.Decoder.full

    @Flag(
        help: """
            Decode in overlapping tiles: less memory for pictures larger than the model's, which come out a little \
            different.
            """)
    var vaeTiling = false

    @Flag(
        inversion: .prefixedNo,
        help: "Make pictures black that the model's safety checker, if it has one, takes for unsafe.")
    var safetyChecker = true

    /// Bytes; nil where it cannot be told what is available.
    var limit: Int? { memoryLimit?.bytes ?? AvailableMemory.bytes }
}

extension GenerationOptions.Decoder: ExpressibleByArgument {}
