import Quant

/// The low-rank additions to a model's layers that a safetensors file holds (Hu et al. 2021, arXiv 2106.09685; for
/// convolutions as in LyCORIS' LoCon): for each layer a `down` and an `up`, to be added to its weights as
/// alpha / rank · up · down.
package struct LoRAFile: Sendable {
    /// In the order of the model's tensors.
    package let layers: [LoRALayer]

    /// Reads all but the values.
    /// - Parameter expected: the tensors of the model's text encoder and U-Net
    /// - Throws: `FormatError`, `LoRAError`
    package init(path: String, expected: [ExpectedTensors.Tensor]) throws {
        let file = try SafetensorsFile(path: path)
        let names = LoRANames(expected)
        let metadata = try LoRAMetadata(file)
        var parts: [String: [LoRANames.Role: SafetensorsEntry]] = [:]
        var unknown: [String] = []
        for (name, entry) in file.entries.sorted(by: { $0.key < $1.key }) {
            if let kind = LoRANames.foreignKind(name) {
                throw LoRAError(path, "tensor '\(oneLine(name))' is \(kind); \(Self.readable)")
            }
            guard let (tensor, role) = names.find(name) else {
                unknown.append(name)
                continue
            }
            guard parts[tensor, default: [:]].updateValue(entry, forKey: role) == nil else {
                throw LoRAError(path, "there are two tensors like '\(oneLine(name))', under an old and a new name")
            }
        }
        guard !parts.isEmpty else {
            let first = unknown.first.map { ": '\(oneLine($0))' belongs to none of the model's layers" } ?? ""
            throw LoRAError(path, "no LoRA for this model\(first); \(Self.readable)")
        }
        layers = try expected.compactMap { tensor in
            try parts[tensor.name].map { try LoRALayer(tensor, $0, in: file, metadata) }
        }
        if let first = unknown.first {
            let more = unknown.count > 1 ? ", and \(unknown.count - 1) more" : ""
            throw LoRAError(path, "tensor '\(oneLine(first))' belongs to none of the model's layers\(more)")
        }
    }

    private static let readable =
        "what can be read are LoRA and LoCon for Stable Diffusion 1 and 2, as kohya's tools, diffusers and OneTrainer "
        + "write them"
}

/// What is wrong with a LoRA, in a sentence.
package struct LoRAError: Error, Equatable {
    package let file: String
    package let reason: String

    init(_ file: String, _ reason: String) {
        self.file = file
        self.reason = reason
    }
}
