import ArgumentParser
import Quant
import Terminal

struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite-convert",
        abstract: "Make one weights file for sd-lite from a Stable Diffusion 1.x checkpoint.",
        discussion: """
            The checkpoint is a folder in the layout of Hugging Face's diffusers: model_index.json, unet/, vae/, \
            text_encoder/, tokenizer/, scheduler/, with weights in safetensors files. The table at the end says how \
            large each part was and became, and how far its values were rounded.
            """,
        version: "sd-lite-convert \(version) (\(build))")

    @Argument(help: ArgumentHelp("The checkpoint.", valueName: "folder"))
    var input: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file to write; one of this name is replaced.", valueName: "model.sdq"))
    var output: String

    @Option(help: "Precision of the weights. int8 makes a quarter of an fp32 checkpoint's size, fp16 half of it.")
    var weights: WeightPrecision = .int8

    @Option(
        help: ArgumentHelp(
            "How many int8 weights share a scale, a multiple of 16: fewer are rounded less, and take more space.",
            valueName: "count"))
    var block = 64

    @Flag(inversion: .prefixedNo, help: "Convert the safety checker too, if the checkpoint has one.")
    var safetyChecker = true

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard block > 0, block % 16 == 0, block <= 65_536 else {
            throw ValidationError("\(ConvertError.badBlock(block))")
        }
    }

    func run() async throws {
        let folder = try CheckpointFolder(root: input, safetyChecker: safetyChecker)
        if !folder.leftOut.isEmpty && !quiet {
            printError("note: \(folder.leftOut.joined(separator: ", ")) will not be part of the model file")
        }
        let converter = Converter(
            folder: folder, policy: Policy(precision: weights, block: block), outputPath: output)
        Interruption.watch()
        var bar = ProgressBar(quiet: quiet)
        defer { bar.end() }
        let report = try await converter.run { done, total in
            guard !Interruption.requested else { throw ConvertError.interrupted }
            bar.show("converting", done, of: total)
        }
        bar.end()
        if !quiet { print(report.table) }
    }
}
