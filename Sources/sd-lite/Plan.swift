import ArgumentParser
import SDLite
import Terminal

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how much memory a picture will take, without painting it.")

    @Option(name: .shortAndLong, help: "The model file made by sd-lite-convert.")
    var model: String

    @Option(help: "Width in pixels, a multiple of 8; by default the model's.")
    var width: Int?

    @Option(help: "Height in pixels, a multiple of 8; by default the model's.")
    var height: Int?

    @Option(help: "The most resident memory, such as 300M or 1.5G; by default, what this process may use.")
    var memoryLimit: ByteCount?

    @Flag(help: "Decode in overlapping tiles.")
    var vaeTiling = false

    @Option(help: "Threads to use; by default, every core this process may run on.")
    var threads: Int?

    func run() throws {
        let pipeline = try Pipeline(model: Model(path: model), threads: threads)
        var options = GenerationOptions(prompt: "")
        (options.width, options.height, options.vaeTiling) = (width, height, vaeTiling)
        let plan = try pipeline.plan(options, memoryLimit: memoryLimit?.bytes ?? AvailableMemory.bytes)
        print(plan.table)
    }
}

extension MemoryPlan {
    var table: String {
        let rows = stages.map { stage in
            [stage.stage.rawValue] + [stage.activations, stage.weights, stage.total].map { "\($0 / 1_000_000) MB" }
        }
        let lines = ([["", "activations", "weights", "in all"]] + rows).map { row in
            row[0].padded(to: 12) + row.dropFirst().map { $0.padded(to: 14, atFront: true) }.joined()
        }
        return (lines + ["peak \(peak / 1_000_000) MB; " + choices.joined(separator: ", ")]).joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int, atFront: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - count))
        return atFront ? padding + self : self + padding
    }
}
