import TestFiles
import Testing

@testable import Quant

/// Writes random values in ±1 (f32: up to ±1e6) as a file of this plan, and returns them by name, row-major.
func writeSample(
    _ path: String, plan: [PlannedTensor], documents: [(name: String, contents: [UInt8])]
) throws
    -> [String: [Float]]
{
    var generator = SeededGenerator(seed: 1)
    var result: [String: [Float]] = [:]
    let writer = try WeightFileWriter(path: path, converter: "test", documents: documents, tensors: plan)
    for tensor in plan {
        let count = try #require(elementCount(tensor.shape))
        let limit: Float = tensor.scheme == .f32 ? 1e6 : 1
        let values = generator.array(count, in: -limit...limit)
        result[tensor.name] = values
        var error = QuantizationError()
        switch tensor.scheme {
        case .f32: try writer.append(Quantize.f32(values))
        case .f16: try writer.append(#require(Quantize.f16(values, error: &error)))
        case .f16Panels, .int8Panels:
            let layout = try #require(PanelLayout(shape: tensor.shape, block: tensor.block))
            for panel in 0..<layout.panelCount {
                let first = panel * 16 * layout.rowLength
                let rows = Array(values[first..<first + layout.rows(inPanel: panel) * layout.rowLength])
                let bytes =
                    tensor.scheme == .f16Panels
                    ? Quantize.f16Panel(rows, layout: layout, error: &error)
                    : Quantize.int8Panel(rows, layout: layout, error: &error)
                try writer.append(#require(bytes))
            }
        }
    }
    try writer.finish()
    return result
}

/// Expects a `FormatError` with this description, but for the file's name in front.
func expectError(_ expected: String, _ body: () throws -> Void, at location: SourceLocation = #_sourceLocation) {
    do {
        try body()
        Issue.record("no error; expected: \(expected)", sourceLocation: location)
    } catch let error as FormatError {
        let text = error.description
        #expect(!text.contains("\n"), sourceLocation: location)
        #expect(text.contains(expected), sourceLocation: location)
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}
