import Architecture
import Quant

/// Where the values of one planned tensor come from.
struct Source {
    let planned: PlannedTensor
    let file: SafetensorsFile
    let entry: SafetensorsEntry

    /// Pairs every expected tensor with a stored one.
    /// - Throws: a `ConvertError` that names tensors which are missing, unknown, there twice or of another shape.
    static func match(
        _ expected: [ExpectedTensors.Tensor], with checkpoint: SafetensorsCheckpoint, component: Component,
        policy: Policy
    ) throws -> [Source] {
        var stored: [String: String] = [:]
        for name in checkpoint.names.sorted() {
            guard let engineName = NameMap.engineName(name, component: component) else { continue }
            guard stored.updateValue(name, forKey: engineName) == nil else {
                throw ConvertError.sameTensorTwice(file: checkpoint.path, tensor: engineName)
            }
        }
        let missing = expected.filter { stored[$0.name] == nil }
        if let first = missing.first {
            throw ConvertError.missingTensors(file: checkpoint.path, first: first.name, count: missing.count)
        }
        let unknown = Set(stored.keys).subtracting(expected.map(\.name)).sorted()
        if let first = unknown.first {
            throw ConvertError.unknownTensors(
                file: checkpoint.path, first: stored[first] ?? first, count: unknown.count)
        }
        return try expected.map { tensor in
            guard let name = stored[tensor.name], let entry = checkpoint.entry(name), let file = checkpoint.file(name)
            else { throw ConvertError.missingTensors(file: checkpoint.path, first: tensor.name, count: 1) }
            guard NameMap.engineShape(entry.shape, of: tensor.name) == tensor.shape else {
                throw ConvertError.wrongShape(
                    file: file.path, tensor: name, expected: tensor.shape, found: entry.shape)
            }
            guard SafetensorsFile.readableTypes.contains(entry.dtype) else {
                throw FormatError.unsupportedDtype(file: file.path, tensor: name, dtype: entry.dtype)
            }
            var planned = policy.plan(tensor)
            let source = Source(planned: planned, file: file, entry: entry)
            if try planned.scheme == .f16 && source.exceedsHalf() {
                planned = PlannedTensor(name: tensor.name, shape: tensor.shape, scheme: .f32)
            }
            return Source(planned: planned, file: file, entry: entry)
        }
    }

    var elementCount: Int { planned.shape.reduce(1, *) }

    /// Whether a value is beyond fp16. Only fp32 and bf16 can hold such values.
    private func exceedsHalf() throws -> Bool {
        guard entry.dtype != "F16" else { return false }
        for piece in pieces {
            if try file.floats(entry, piece).contains(where: { abs($0) > 65_504 }) { return true }
        }
        return false
    }

    /// The tensor in ranges of elements of about a quarter of a million, for panels in whole panels.
    var pieces: [Range<Int>] {
        var unit = 1
        if let layout = planned.panels { unit = layout.rowLength * PanelLayout.width }
        let length = max(1, (1 << 18) / unit) * unit
        return stride(from: 0, to: elementCount, by: length).map { $0..<min($0 + length, elementCount) }
    }
}

extension PlannedTensor {
    /// nil for flat schemes.
    var panels: PanelLayout? {
        switch scheme {
        case .f32, .f16: nil
        case .f16Panels, .int8Panels: PanelLayout(shape: shape, block: block)
        }
    }
}
