import ArgumentParser
import FoundationEssentials
import Kernels
import SDLite

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure text encoding, one guided U-Net evaluation and one decode.",
        discussion: "The inputs are seeded noise; what is measured is what `generate` does with them.")

    @Option(help: "The model file made by sd-lite-convert.")
    var model: String

    @Option(help: "Width and height of the picture in pixels.")
    var size = 512

    @Option(help: "Times that each part is measured.")
    var rounds = 3

    @Option(help: "Threads to use; by default, every core this process may run on.")
    var threads: Int?

    @Flag(help: "Print one line of JSON instead of a table.")
    var json = false

    private struct Facts: Encodable {
        let size: Int
        let threads: Int
        /// Seconds of every round.
        let seconds: [String: [Double]]
        let peakMemoryBytes: Int

        private enum CodingKeys: String, CodingKey {
            case size, threads, seconds, peakMemoryBytes = "peak_memory_bytes"
        }
    }

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds must be 1 or more, not \(rounds).") }
        guard size > 0, size % 8 == 0 else { throw ValidationError("--size must be a multiple of 8, not \(size).") }
    }

    func run() throws {
        let trace = Trace()
        let pipeline = try Pipeline(model: Model(path: model), compute: makeCompute(threads: threads, trace: trace))
        let (unet, vae) = (pipeline.unet, pipeline.vae)
        let side = size / vae.scale
        var generator = Generator(source: .cpu, seed: 0)
        let latents = Latents(
            shape: [1, unet.inChannels, side, side], values: generator.normal(unet.inChannels * side * side))
        let prompts = ["", "an astronaut riding a horse on mars"].map { pipeline.tokenizer.encode($0).ids }
        let states = try pipeline.textEncoder(prompts)
        let clock = ContinuousClock()
        var seconds: [String: [Double]] = [:]
        for _ in 0..<rounds {
            seconds["text", default: []].append(try clock.measure { _ = try pipeline.textEncoder(prompts) } / .seconds(1))
            seconds["unet", default: []].append(
                try clock.measure {
                    _ = try unet(latents.repeated(2), timestep: 500, encoderHiddenStates: states)
                } / .seconds(1))
            seconds["vae", default: []].append(try clock.measure { _ = try vae.decode(latents) } / .seconds(1))
        }
        let facts = Facts(
            size: size, threads: pipeline.compute.threads, seconds: seconds, peakMemoryBytes: peakMemory())
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            print(String(decoding: try encoder.encode(facts), as: UTF8.self))
        } else {
            print("\(size)×\(size), \(facts.threads) threads, \(rounds) rounds: seconds, median (least)")
            for (part, name) in [("text", "text encoder, 2 prompts"), ("unet", "U-Net, batch 2"), ("vae", "VAE decode")] {
                let sorted = (seconds[part] ?? []).sorted()
                print("  \(name): \(rounded(sorted[sorted.count / 2])) (\(rounded(sorted[0])))")
            }
            for g in trace.groups { print(g.name, g.calls, rounded(g.seconds), g.products > 0 ? Int(Double(g.products) / g.seconds * 1e-9) : 0) }
            print("  peak resident memory: \(facts.peakMemoryBytes >> 20) MiB")
        }
    }

    private func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
