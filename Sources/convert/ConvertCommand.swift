import ArgumentParser
import Quant
import Terminal

struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite-convert",
        abstract: "Make one weights file for sd-lite from a Stable Diffusion 1.x checkpoint.",
        discussion: """
            INPUT is a folder in the diffusers layout: model_index.json, unet/, vae/, text_encoder/, tokenizer/, \
            scheduler/, with weights in safetensors files.
            """)

    @Argument(help: "Folder of the checkpoint.")
    var input: String

    @Option(name: .shortAndLong, help: "The file to write, for example model.sdq.")
    var output: String

    @Option(help: "Precision of the weights: int8 (a quarter of fp32) or fp16 (half).")
    var weights: WeightPrecision = .int8

    @Option(help: "Input channels that share a scale with int8 weights: a multiple of 16.")
    var block = 64

    func validate() throws {
        guard block > 0, block % 16 == 0, block <= 65_536 else {
            throw ValidationError("\(ConvertError.badBlock(block))")
        }
    }

    func run() async throws {
        let folder = try CheckpointFolder(root: input)
        if !folder.leftOut.isEmpty {
            printError("note: \(folder.leftOut.joined(separator: ", ")) will not be part of the model file")
        }
        let converter = Converter(
            folder: folder, policy: Policy(precision: weights, block: block), outputPath: output)
        Interruption.watch()
        var bar = ProgressBar()
        defer { bar.end() }
        let report = try await converter.run { done, total in
            guard !Interruption.requested else { throw ConvertError.interrupted }
            bar.show("converting", done, of: total)
        }
        bar.end()
        print(report.table)
    }
}
