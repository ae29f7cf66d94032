import Architecture
import Quant

/// A LoRA's part for one layer, as much of it as was asked for.
struct ScaledLoRA {
    let layer: LoRALayer
    let scale: Float

    /// Adds scale · factor · up · down to elements of the layer's weights, in float32.
    /// - Parameter start: where in the weights the elements begin
    /// - Throws: `FormatError.notFinite`, `.cannotRead`
    func add(to values: inout [Float], from start: Int) throws(FormatError) {
        let (down, rank) = (try layer.down(), layer.rank)
        let rowLength = down.count / rank
        let rows = start / rowLength..<(start + values.count - 1) / rowLength + 1
        let up = try layer.up(rows)
        var first = 0
        while first < values.count {
            let (row, column) = (start + first).quotientAndRemainder(dividingBy: rowLength)
            let count = min(rowLength - column, values.count - first)
            for r in 0..<rank {
                let factor = scale * layer.factor * up[(row - rows.lowerBound) * rank + r]
                let source = r * rowLength + column
                for i in 0..<count { values[first + i] += factor * down[source + i] }
            }
            first += count
        }
        guard values.allSatisfy(\.isFinite) else { throw layer.notFinite }
    }
}
