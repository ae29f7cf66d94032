import ArgumentParser
import Kernels
import Terminal

struct SDLiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite",
        abstract: "Stable Diffusion 1 and 2 without a GPU: pictures from words.",
        discussion: """
            First make a model file from a downloaded model with sd-lite-convert. Then:

              sd-lite generate "a lighthouse at night" --model model.sdq
            """,
        version: "sd-lite \(version) (\(build)), \((try? KernelTable.chosen())?.name ?? "unknown") kernels",
        subcommands: [Generate.self, Plan.self, Inspect.self, Bench.self])
}

do {
    var command = try SDLiteCommand.parseAsRoot()
    try command.run()
} catch {
    exit(SDLiteCommand.self, after: AdvisedError.advising(error))
}
