import Architecture
import ArgumentParser
import FoundationEssentials
import Quant
import Terminal

struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Download a model from Hugging Face and convert it.",
        discussion: """
            It goes into the models folder, where --model finds it by its name. A download that breaks off is continued by \
            the same command. Models that want their terms accepted also want a token in HF_TOKEN; HF_ENDPOINT names \
            another hub. The programs curl, sha256sum and sd-lite-convert do the work.

              sd-lite pull CompVis/stable-diffusion-v1-4
              sd-lite pull OWNER/NAME/model.safetensors
              sd-lite pull OWNER/NAME -- --block 32      (options of sd-lite-convert)
            """)

    @Argument(
        help: ArgumentHelp(
            "OWNER/NAME, OWNER/NAME/FILE.safetensors, or the address of a .safetensors file.", valueName: "model"))
    var model: String

    @Option(help: "Take these weights where the model has them: half the download, nearly the same values.")
    var variant: Variant?

    @Option(help: ArgumentHelp("A branch, tag or commit of the model; main by default.", valueName: "revision"))
    var revision: String?

    @Option(help: "Precision of the converted weights; int8 by default.")
    var weights: ConvertedWeights?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The file to write; by default, under its name in the models folder.", valueName: "model.sdq"))
    var output: String?

    @Flag(help: "Keep the download beside the converted model.")
    var keepDownload = false

    @Flag(help: "Do it again, though the model is there.")
    var force = false

    @Flag(name: .shortAndLong, help: "Show no progress.")
    var quiet = false

    @Argument(parsing: .postTerminator, help: .hidden)
    var converterArguments: [String] = []

    func validate() throws {
        guard output?.hasSuffix(".sdq") ?? true else { throw ValidationError("--output must end in .sdq.") }
    }

    func run() throws {
        Interruption.watch()
        let hub = try Hub()
        let source = try ModelSource(model, endpoint: hub.endpoint)
        guard let models = ModelsFolder() else { throw CommandError.noModelsFolder }
        let target = output ?? "\(models.path)/\(source.modelName).sdq"
        guard force || !isRegularFile(target) else {
            printError("\(oneLine(target)) is there already; --force gets it again")
            print(target)
            return
        }
        if output != nil { try checkWritable(path: target) }
        let name = source.modelName.replacing("/", with: "--")
        let workspace = try Workspace(path: "\(models.path)/.downloads/\(name)")
        let checkpoint = try Checkpoint(hub: hub, workspace: workspace, variant: variant, quiet: quiet)
            .fetch(source, revision: revision)
        if output == nil { try makeFolder(String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])) }
        try convert(checkpoint, of: source, to: target)
        if keepDownload {
            if !quiet { printError("the download is kept as \(oneLine(checkpoint))") }
        } else {
            try workspace.remove()
        }
        print(target)
    }

    /// sd-lite-convert, which lies beside this program, is a program of its own so that what it takes of memory, and
    /// whatever a hostile checkpoint might do to it, ends with it.
    private func convert(_ checkpoint: String, of source: ModelSource, to target: String) throws {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = own.flatMap { own in own.lastIndex(of: "/").map { own[...$0] } } ?? ""
        var arguments = [checkpoint, "-o", target] + (weights.map { ["--weights", $0.rawValue] } ?? [])
        if let repository = source.repository { arguments += ["--repository", repository.name] }
        if quiet { arguments.append("--quiet") }
        let outcome = try ChildProcess.run(
            folder + "sd-lite-convert", arguments + converterArguments, input: .nothing, captures: false,
            watch: checkInterruption)
        try checkInterruption()
        guard outcome.status == 0 else { throw PullError.notConverted(checkpoint: checkpoint) }
    }
}

/// What `--weights` of sd-lite-convert takes.
enum ConvertedWeights: String, CaseIterable, ExpressibleByArgument {
    case int8, fp16
}
