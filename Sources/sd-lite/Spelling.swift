import ArgumentParser

/// The command line as users of other programs type it, in this program's spelling. `--help` shows only the latter.
enum Spelling {
    /// stable-diffusion.cpp (examples/cli/README.md), A1111 and diffusers; capitals matter, underscores do not.
    private static let options = [
        "-n": "--negative-prompt",
        "-W": "--width",
        "-H": "--height",
        "-s": "--seed",
        "-b": "--count", "--batch-count": "--count", "--num-images-per-prompt": "--count",
        "-t": "--threads",
        "--cfg-scale": "--guidance-scale",
        "--num-inference-steps": "--steps",
        "--sampler": "--scheduler", "--sampling-method": "--scheduler",
    ]
    private static let prompts: Set = ["-p", "--prompt"]

    /// - Parameters:
    ///   - arguments: without the program's name
    ///   - commands: the names of commands that there are
    /// - Throws: `ValidationError` if the first word looks like a command and is none. Left alone it would be the prompt,
    ///   since `generate` is what happens without a command.
    static func standard(_ arguments: [String], commands: [String]) throws -> [String] {
        if let first = arguments.first, looksLikeCommand(first), !commands.contains(first) {
            throw ValidationError(
                "'\(first)' is no command. To paint a picture of this one word: sd-lite generate \(first)")
        }
        let (own, verbatim) = split(arguments)
        var standard: [String] = []
        // Behind `--`, a prompt is taken for nothing else.
        var prompts: [String] = []
        var rest = own[...]
        while let argument = rest.popFirst() {
            let (name, value) = named(argument)
            guard Self.prompts.contains(name), let prompt = value ?? rest.popFirst() else {
                standard.append((options[name] ?? name) + (value.map { "=" + $0 } ?? ""))
                continue
            }
            prompts.append(prompt)
        }
        let values = prompts + verbatim
        return values.isEmpty ? standard : standard + ["--"] + values
    }

    private static func looksLikeCommand(_ argument: String) -> Bool {
        !argument.isEmpty && argument.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    /// What stands before the first `--` and what stands behind it.
    private static func split(_ arguments: [String]) -> (own: ArraySlice<String>, verbatim: ArraySlice<String>) {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return (arguments[..<end], arguments[end...].dropFirst())
    }

    /// `--cfg_scale=7` as `--cfg-scale` and `7`; what is no option stays whole.
    private static func named(_ argument: String) -> (name: String, value: String?) {
        guard argument.hasPrefix("-") else { return (argument, nil) }
        let end = argument.firstIndex(of: "=") ?? argument.endIndex
        let name = String(argument[..<end]).replacing("_", with: "-")
        return (name, end == argument.endIndex ? nil : String(argument[argument.index(after: end)...]))
    }
}
