import Quant

/// What a LoRA adds to the weights of one layer: factor · up · down.
package struct LoRALayer: Sendable {
    /// The layer's weights.
    package let tensor: ExpectedTensors.Tensor
    package let rank: Int
    /// alpha / rank; without an alpha 1.
    package let factor: Float
    private let file: SafetensorsFile
    private let downEntry, upEntry: SafetensorsEntry

    /// - Throws: `LoRAError`, `FormatError`
    init(
        _ tensor: ExpectedTensors.Tensor, _ entries: [LoRANames.Role: SafetensorsEntry], in file: SafetensorsFile,
        _ metadata: LoRAMetadata
    ) throws {
        guard let down = entries[.down], let up = entries[.up] else {
            let (name, lacking) = (entries.values.map(\.name).min() ?? "", entries[.down] == nil ? "down" : "up")
            throw LoRAError(file.path, "tensor '\(oneLine(name))' is there without the one for '\(lacking)'")
        }
        for entry in [down, up] where !SafetensorsFile.readableTypes.contains(entry.dtype) {
            throw FormatError.unsupportedDtype(file: file.path, tensor: entry.name, dtype: entry.dtype)
        }
        let rank = down.shape.first ?? 0
        guard rank > 0 else { throw FormatError.badShape(file: file.path, tensor: down.name, shape: down.shape) }
        try Self.check(down, [rank] + tensor.shape.dropFirst(), of: tensor, file)
        try Self.check(up, [tensor.shape[0], rank], of: tensor, file)
        self.tensor = tensor
        self.rank = rank
        self.file = file
        (downEntry, upEntry) = (down, up)
        factor = try metadata.factor(
            of: tensor.name, rank: rank, alpha: entries[.alpha].map { try Self.number($0, file) })
    }

    /// Of both together.
    package var elementCount: Int { rank * (tensor.shape[0] + tensor.shape.dropFirst().reduce(1, *)) }

    /// `[rank, inputs · taps]`, as `tensor`'s rows are.
    /// - Throws: `FormatError.notFinite`, `.cannotRead`
    package func down() throws(FormatError) -> [Float] {
        try file.floats(downEntry, 0..<downEntry.shape.reduce(1, *))
    }

    /// Rows of `[outputs, rank]`.
    /// - Throws: `FormatError.notFinite`, `.cannotRead`
    package func up(_ rows: Range<Int>) throws(FormatError) -> [Float] {
        try file.floats(upEntry, rows.lowerBound * rank..<rows.upperBound * rank)
    }

    /// What it is to be called if what it is added to is too large.
    package var notFinite: FormatError { .notFinite(file: file.path, tensor: upEntry.name) }

    private static func number(_ entry: SafetensorsEntry, _ file: SafetensorsFile) throws -> Float {
        guard entry.shape.reduce(1, *) == 1 else {
            throw LoRAError(file.path, "tensor '\(oneLine(entry.name))' is \(brief(entry.shape)), expected one number")
        }
        return try file.floats(entry, 0..<1)[0]
    }

    /// A linear layer and a 1×1 convolution may each be stored as the other.
    private static func check(
        _ entry: SafetensorsEntry, _ shape: [Int], of tensor: ExpectedTensors.Tensor, _ file: SafetensorsFile
    ) throws(LoRAError) {
        func bare(_ shape: [Int]) -> [Int] {
            shape.count == 4 && shape.suffix(2) == [1, 1] ? Array(shape.prefix(2)) : shape
        }
        guard bare(entry.shape) != bare(shape) else { return }
        let found =
            "tensor '\(oneLine(entry.name))' has the shape \(brief(entry.shape)) where the model asks for \(shape)"
        guard tensor.name.contains(".attn2.to_"), bare(entry.shape).count == 2, entry.shape[0] == shape[0],
            let kind = kinds[entry.shape[1]]
        else { throw LoRAError(file.path, found) }
        throw LoRAError(file.path, "this is a LoRA for \(kind), which the model is not: \(found)")
    }

    /// By the width of the prompts' hidden states.
    private static let kinds = [
        768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 1280: "the refiner of Stable Diffusion XL",
        2048: "Stable Diffusion XL",
    ]
}
