import Architecture
import Kernels
import Quant

extension LowRank {
    /// - Throws: `FormatError`
    init(_ layer: LoRALayer) throws {
        let down = try ScaledMatrix([layer.rank] + layer.tensor.shape.dropFirst(), layer.down(), layer)
        let outputs = layer.tensor.shape[0]
        let up = try ScaledMatrix([outputs, layer.rank], layer.up(0..<outputs), layer)
        self.init(down: down.matrix, up: up.matrix, scale: layer.factor * down.scale * up.scale)
    }
}

/// A matrix in 16-bit floats, times a power of two: so that its largest numbers are between 1 and 2, whatever they were.
private struct ScaledMatrix {
    let matrix: WeightMatrix
    let scale: Float

    init(_ shape: [Int], _ values: [Float], _ layer: LoRALayer) throws {
        guard let layout = PanelLayout(shape: shape) else {
            throw ModelError.wrongShape(tensor: layer.tensor.name, found: shape, expected: "a matrix")
        }
        let largest = values.reduce(0) { max($0, abs($1)) }
        let scale = largest > 0 ? Float(sign: .plus, exponent: largest.exponent, significand: 1) : 1
        var panels: [UInt8] = []
        panels.reserveCapacity(layout.byteCount)
        var error = QuantizationError()
        let panelLength = layout.rowLength * PanelLayout.width
        for first in stride(from: 0, to: values.count, by: panelLength) {
            let rows = values[first..<min(first + panelLength, values.count)].map { $0 / scale }
            panels += Quantize.f16Panel(rows, layout: layout, error: &error) ?? []
        }
        matrix = WeightMatrix(
            name: layer.tensor.name, outputs: layout.outputs, inputs: layout.inputs, taps: layout.taps, float16: panels)
        self.scale = scale
    }
}
