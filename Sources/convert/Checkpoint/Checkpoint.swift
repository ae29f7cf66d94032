import Architecture
import Terminal

/// A checkpoint as the rest of the converter sees it, however it is stored.
struct Checkpoint {
    let texts: CheckpointTexts
    let configurations: Configurations
    /// What the model file is to say about its use.
    let recommendation: Recommendation
    /// Where the tensors of every component lie, in the order of their use.
    private(set) var tensors: [Component: [StoredTensor]]
    /// What was recognised, and what is left out: a line each, for whoever converts it.
    private(set) var notes: [String]

    /// - Throws: `ConvertError`, `FormatError`: everything about the checkpoint that can be wrong but for its values.
    init(
        texts: CheckpointTexts, configurations: Configurations, recommendation: Recommendation,
        weights: [Component: any NamedWeights], notes: [String]
    ) throws {
        self.texts = texts
        let leftOut = configurations.leftOut.joined(separator: ", ")
        self.notes = notes + (leftOut.isEmpty ? [] : ["\(leftOut) will not be part of the model file"])
        self.configurations = configurations
        self.recommendation = recommendation
        var tensors: [Component: [StoredTensor]] = [:]
        for component in configurations.components {
            tensors[component] = try weights[component]?.match(configurations.tensors(of: component))
        }
        self.tensors = tensors
    }

    /// Adds a LoRA to the weights of its layers, when these are read.
    /// - Throws: `ConvertError.badLoRA`, `FormatError`
    mutating func fold(_ lora: LoRAArgument) throws {
        do {
            let layers = try configurations.lora(path: lora.path).layers
            for layer in layers {
                for component in [Component.textEncoder, .unet] {
                    guard let place = tensors[component]?.firstIndex(where: { $0.expected == layer.tensor }) else {
                        continue
                    }
                    tensors[component]?[place].loras.append(ScaledLoRA(layer: layer, scale: lora.scale))
                }
            }
            notes.append("\(lora.path) is added to \(layers.count) layers, times \(lora.scale)")
        } catch let error as LoRAError {
            throw ConvertError.badLoRA(file: error.file, reason: error.reason)
        }
    }
}
