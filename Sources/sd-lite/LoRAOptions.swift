import ArgumentParser
import SDLite
import Terminal

/// What the commands ask that add LoRAs to a model.
struct LoRAOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(LoRAArgument.help, valueName: LoRAArgument.valueName),
        completion: .file(extensions: ["safetensors"]))
    var lora: [LoRAArgument] = []

    func loras(for model: Model) throws -> [LoRA] {
        try lora.map { try LoRA(path: $0.path, model: model, scale: $0.scale) }
    }
}
