import Architecture
import Quant

/// A tensor of the architecture, and where a checkpoint has its values.
struct StoredTensor {
    let expected: ExpectedTensors.Tensor
    let file: SafetensorsFile
    let entry: SafetensorsEntry
    /// Where its elements begin among those of the entry.
    private let start: Int
    /// What is added to its values.
    var loras: [ScaledLoRA] = []

    /// - Parameter third: which third of the entry's rows it is, 0 to 2, where the projections of attention are stored
    ///   as one
    /// - Throws: `ConvertError.wrongShape`, `FormatError.unsupportedDtype`
    init(
        _ expected: ExpectedTensors.Tensor, in file: SafetensorsFile, _ entry: SafetensorsEntry, third: Int? = nil
    ) throws {
        var shape = expected.shape
        if third != nil { shape[0] *= 3 }
        guard NameMap.engineShape(entry.shape, of: expected.name) == shape else {
            throw ConvertError.wrongShape(file: file.path, tensor: entry.name, expected: shape, found: entry.shape)
        }
        guard SafetensorsFile.readableTypes.contains(entry.dtype) else {
            throw FormatError.unsupportedDtype(file: file.path, tensor: entry.name, dtype: entry.dtype)
        }
        self.expected = expected
        self.file = file
        self.entry = entry
        start = (third ?? 0) * expected.shape.reduce(1, *)
    }

    var elementCount: Int { expected.shape.reduce(1, *) }

    var byteCount: Int { elementCount * (entry.dtype == "F32" ? 4 : 2) }

    /// The elements `range`, row-major.
    /// - Throws: `FormatError.notFinite`, `.cannotRead`
    func floats(_ range: Range<Int>) throws(FormatError) -> [Float] {
        var values = try file.floats(entry, start + range.lowerBound..<start + range.upperBound)
        for lora in loras { try lora.add(to: &values, from: range.lowerBound) }
        return values
    }
}
