import ArgumentParser
import Terminal

struct SDLiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite",
        abstract: "Stable Diffusion 1.x without a GPU.",
        version: "0.1.0",
        subcommands: [Generate.self, Inspect.self, Plan.self, Bench.self])
}

do {
    var command = try SDLiteCommand.parseAsRoot()
    try command.run()
} catch {
    exit(SDLiteCommand.self, after: error)
}
