import ArgumentParser
import Kernels
import SDLite
import Terminal

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast this machine runs a model.",
        discussion: """
            Times the three parts of painting: encoding the prompt, one step of denoising (a guided evaluation of the \
            U-Net) and decoding the picture. The inputs are seeded noise.

            The yardstick is sgemm, the matrix product of OpenBLAS, if that is installed (libopenblas0): how long it \
            would take for as many multiply-adds. It is measured for a second and a half in every round; the \
            comparison is with its median rate there, and its best is told too.
            """)

    @OptionGroup var model: ModelOptions

    @Option(help: ArgumentHelp("Times that each part is measured.", valueName: "count"))
    var rounds = 3

    @Flag(help: "Also show every group of like operations.")
    var groups = false

    @Flag(
        help: """
            Instead, paint pictures of several sizes within several limits, two steps each, and compare the memory that \
            was planned with what was used. Takes --model, --threads and --rounds only.
            """)
    var memory = false

    @Flag(help: "Compute in float32 only, also with int8 weights.")
    var float32 = false

    @Flag(inversion: .prefixedNo, help: "Measure sgemm as well; its buffers count as memory.")
    var sgemm = true

    @Flag(help: "Print one line of JSON instead of a table.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(rounds) else {
            throw ValidationError("--rounds must be from 1 to 1000, not \(rounds).")
        }
        guard memory else { return }
        let ignored = [
            ("--width", model.width != nil), ("--height", model.height != nil), ("--groups", groups),
            ("--float32", float32), ("--no-sgemm", !sgemm), ("--json", json),
        ]
        if let (name, _) = ignored.first(where: { $0.1 }) {
            throw ValidationError("\(name) has no meaning with --memory.")
        }
    }

    func run() throws {
        Interruption.watch()
        if memory { return try MemoryBench(pipeline: model.pipeline(), rounds: rounds).run() }
        let trace = Trace()
        let pipeline = try model.pipeline(arithmetic: float32 ? .float32 : .mixed)
        let (unet, vae) = (pipeline.unet, pipeline.vae)
        let (width, height) = try model.size(for: pipeline.model)
        let shape = [1, unet.inChannels, height / vae.scale, width / vae.scale]
        var generator = NoiseGenerator(seed: 0)
        let latents = try Latents.randn(shape: shape, using: &generator)
        let prompts = ["", "an astronaut riding a horse on mars"].map { pipeline.tokenizer.encode($0).ids }
        let conditioning = try unet.conditioning(
            timesteps: [500], encoderHiddenStates: pipeline.textEncoder(prompts))

        let compute = pipeline.compute
        let yardstick = sgemm ? Yardstick(threads: compute.threads) : nil
        var report = BenchReport(
            width: width, height: height, threads: compute.threads, kernels: compute.kernels.name,
            sgemmKernels: yardstick?.kernels, note: sgemm && yardstick == nil ? Yardstick.missing : nil)
        func measure(_ part: BenchReport.Part, _ work: () throws -> Void) throws {
            _ = trace.take()
            let seconds = try compute.during(.interruptible(trace: trace)) {
                try ContinuousClock().measure(work) / .seconds(1)
            }
            report.add(part, seconds: seconds, groups: trace.take())
        }
        // Once before it counts: pages are mapped, buffers touched.
        _ = try unet(latents, step: 0, conditioning)
        _ = try vae.decode(scaled: latents)
        for _ in 0..<rounds {
            if let yardstick { report.sgemm.append(yardstick.measure()) }
            try measure(.text) { _ = try pipeline.textEncoder(prompts) }
            try measure(.unet) { _ = try unet(latents, step: 0, conditioning) }
            try measure(.vae) { _ = try vae.decode(scaled: latents) }
        }
        report.peakMemoryBytes = MemoryUsage.peak
        print(json ? try report.json : report.table(withGroups: groups))
    }
}
