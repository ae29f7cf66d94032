import ArgumentParser
import Kernels
import SDLite
import Terminal

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure text encoding, one guided U-Net evaluation and one decode.",
        discussion: """
            The inputs are seeded noise; what is measured is what `generate` does with them. The yardstick is the same \
            number of multiply-adds at the peak of OpenBLAS's sgemm, measured between the rounds, if it is installed.
            """)

    @Option(name: .shortAndLong, help: "The model file made by sd-lite-convert.")
    var model: String

    @Option(help: "Width of the picture in pixels, a multiple of 8.")
    var width = 512

    @Option(help: "Height of the picture in pixels, a multiple of 8.")
    var height = 512

    @Option(help: "Times that each part is measured.")
    var rounds = 3

    @Option(help: "Threads to use; by default, every core this process may run on.")
    var threads: Int?

    @Flag(help: "Also show every group of like operations.")
    var groups = false

    @Flag(
        help: """
            Paint pictures of several sizes within several limits instead, two steps each, and compare the memory that was \
            planned with what was used.
            """)
    var memory = false

    @Flag(help: "Compute in float32 only, also with int8 weights.")
    var float32 = false

    @Flag(inversion: .prefixedNo, help: "Measure sgemm's peak as well; its buffers count as memory.")
    var sgemm = true

    @Flag(help: "Print one line of JSON instead of a table.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be between 1 and 1000.") }
        for (name, size) in [("--width", width), ("--height", height)] {
            guard (8...2048).contains(size), size % 8 == 0 else {
                throw ValidationError("\(name) must be a multiple of 8 up to 2048, not \(size).")
            }
        }
    }

    func run() throws {
        Interruption.watch()
        if memory { return try MemoryBench(model: model, threads: threads, rounds: rounds).run() }
        let trace = Trace()
        let compute = try Compute(threads: threads, arithmetic: float32 ? .float32 : .mixed)
        let pipeline = try Pipeline(model: Model(path: model), compute: compute)
        let (unet, vae) = (pipeline.unet, pipeline.vae)
        let shape = [1, unet.inChannels, height / vae.scale, width / vae.scale]
        var generator = NoiseGenerator(seed: 0)
        let latents = try Latents.randn(shape: shape, using: &generator)
        let prompts = ["", "an astronaut riding a horse on mars"].map { pipeline.tokenizer.encode($0).ids }
        let conditioning = try unet.conditioning(
            timesteps: [500], encoderHiddenStates: pipeline.textEncoder(prompts))

        let blas = sgemm ? OpenBLAS(threads: compute.threads) : nil
        var report = BenchReport(
            width: width, height: height, threads: compute.threads, kernels: compute.kernels.name,
            sgemmKernels: blas?.kernels)
        func measure(_ part: BenchReport.Part, _ work: () throws -> Void) throws {
            _ = trace.take()
            let seconds = try compute.during(interruptible(trace: trace)) {
                try ContinuousClock().measure(work) / .seconds(1)
            }
            report.add(part, seconds: seconds, groups: trace.take())
        }
        // Once before it counts: pages are mapped, buffers touched.
        _ = try unet(latents, step: 0, conditioning)
        _ = try vae.decode(scaled: latents)
        for _ in 0..<rounds {
            if let blas { report.peaks.append(blas.peak()) }
            try measure(.text) { _ = try pipeline.textEncoder(prompts) }
            try measure(.unet) { _ = try unet(latents, step: 0, conditioning) }
            try measure(.vae) { _ = try vae.decode(scaled: latents) }
        }
        report.peakMemoryBytes = MemoryUsage.peak
        print(json ? try report.json : report.table(withGroups: groups))
    }
}
