import ArgumentParser
import SDLite
import Terminal

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how much memory a picture will take, without painting it.",
        discussion: """
            Give it the size and the memory options that generate is to have. Activations are what is being computed; \
            weights are pages of the model file, which the system can take back.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var loras: LoRAOptions
    @OptionGroup var memory: MemoryOptions

    func run() throws {
        let pipeline = try model.pipeline()
        var options = GenerationOptions(prompt: "")
        (options.width, options.height) = try model.size(for: pipeline.model)
        (options.vaeTiling, options.safetyChecker) = (memory.vaeTiling, memory.safetyChecker)
        options.loras = try loras.loras(for: pipeline.model)
        options.decoder = memory.decoder
        options.scheduler = try pipeline.model.scheduler(.ddim)  // All take the same, and the model's may be unknown.
        print(try pipeline.plan(options, memoryLimit: memory.limit).table)
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
