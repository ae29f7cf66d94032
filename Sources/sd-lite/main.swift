import ArgumentParser
import Kernels
import Terminal

struct SDLiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite",
        abstract: "Stable Diffusion 1 and 2 without a GPU: pictures from words.",
        discussion: """
            Get a model, or convert one of your own with sd-lite-convert, and paint:

              sd-lite pull CompVis/stable-diffusion-v1-4
              sd-lite "a lighthouse at night"
            """,
        version: "sd-lite \(version) (\(build)), \((try? KernelTable.chosen())?.name ?? "unknown") kernels",
        subcommands: [Generate.self, Pull.self, Models.self, Plan.self, Inspect.self, Bench.self],
        defaultSubcommand: Generate.self)
}

do {
    let given = Array(CommandLine.arguments.dropFirst())
    let commands = SDLiteCommand.configuration.subcommands.map { $0._commandName } + ["help"]
    var command = try SDLiteCommand.parseAsRoot(
        given.isEmpty ? ["--help"] : Spelling.standard(given, commands: commands))
    try command.run()
} catch {
    exit(SDLiteCommand.self, after: AdvisedError.advising(error))
}
