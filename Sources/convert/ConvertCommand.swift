import Architecture
import ArgumentParser
import Quant
import Terminal

struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sd-lite-convert",
        abstract: "Make one weights file for sd-lite from a Stable Diffusion 1 or 2 checkpoint.",
        discussion: """
            The checkpoint is a folder in the layout of Hugging Face's diffusers (model_index.json, unet/, vae/, \
            text_encoder/, tokenizer/, scheduler/, with weights in safetensors files), or a single safetensors file \
            with the names of the original code, as Civitai and many uploads have them. The table at the end says \
            how large each part was and became, and how far its values were rounded.
            """,
        version: "sd-lite-convert \(version) (\(build))")

    @Argument(help: ArgumentHelp("The checkpoint.", valueName: "folder or file"))
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

    @Option(
        help: ArgumentHelp(
            "Another autoencoder than the checkpoint's: a folder with config.json, or a safetensors file.",
            valueName: "folder or file"))
    var vae: String?

    @Option(
        help: ArgumentHelp(
            """
            A tiny autoencoder (TAESD) to store besides, for sd-lite generate --decoder taesd: a diffusers folder, or \
            one with taesd_encoder.safetensors and taesd_decoder.safetensors.
            """, valueName: "folder or file"))
    var tinyVAE: String?

    @Option(
        help: ArgumentHelp(LoRAArgument.help + " Folded into the weights.", valueName: LoRAArgument.valueName))
    var lora: [LoRAArgument] = []

    @Option(help: "What a single file's U-Net predicts; told from the file where it says so.")
    var prediction: Prediction?

    @Flag(help: "Take the averages over the training (EMA) that some single files have besides their weights.")
    var ema = false

    @Flag(inversion: .prefixedNo, help: "Convert the safety checker too, if the checkpoint has one.")
    var safetyChecker = true

    @Option(
        help: ArgumentHelp(
            "Steps that sd-lite makes with this model unless told otherwise; by default what is recommended for it.",
            valueName: "count"))
    var defaultSteps: Int?

    @Option(
        help: ArgumentHelp("Likewise how strictly to follow the prompt; 0 is without guidance.", valueName: "number"))
    var defaultGuidanceScale: Float?

    @Option(
        help: ArgumentHelp("Likewise how steps are made, as --scheduler of sd-lite takes it.", valueName: "name"))
    var defaultScheduler: String?

    @Option(
        help: ArgumentHelp(
            "What the model is called on Hugging Face, by which recommendations are known; by default its own name.",
            valueName: "OWNER/NAME"))
    var repository: String?

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard block > 0, block % 16 == 0, block <= 65_536 else {
            throw ValidationError("\(ConvertError.badBlock(block))")
        }
        do {
            try recommendation.check()
        } catch {
            throw ValidationError("of the --default options: \(error.reason)")
        }
    }

    private var recommendation: Recommendation {
        Recommendation(steps: defaultSteps, guidanceScale: defaultGuidanceScale, scheduler: defaultScheduler)
    }

    func run() async throws {
        let checkpoint = try Checkpoint(
            path: input,
            options: CheckpointOptions(
                vae: vae, tinyVAE: tinyVAE, prediction: prediction, averaged: ema, safetyChecker: safetyChecker,
                repository: repository, recommendation: recommendation, loras: lora))
        if !quiet {
            for note in checkpoint.notes { printError("note: \(note)") }
        }
        let converter = Converter(
            checkpoint: checkpoint, policy: Policy(precision: weights, block: block), outputPath: output)
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

extension Prediction: ExpressibleByArgument {}
