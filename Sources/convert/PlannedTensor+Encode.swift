import Quant

/// A piece of a tensor as it goes into the file.
struct EncodedPiece: Sendable {
    var bytes: [UInt8] = []
    var error = QuantizationError()
}

extension PlannedTensor {
    /// Encodes whole panels or a run of flat values; nil if a value does not fit the scheme.
    func encode(_ values: [Float]) -> EncodedPiece? {
        var piece = EncodedPiece()
        guard let layout = panels else {
            let bytes = scheme == .f32 ? Quantize.f32(values) : Quantize.f16(values, error: &piece.error)
            guard let bytes else { return nil }
            piece.bytes = bytes
            return piece
        }
        let panelLength = layout.rowLength * PanelLayout.width
        for start in stride(from: 0, to: values.count, by: panelLength) {
            let rows = Array(values[start..<min(start + panelLength, values.count)])
            let panel =
                layout.block == nil
                ? Quantize.f16Panel(rows, layout: layout, error: &piece.error)
                : Quantize.int8Panel(rows, layout: layout, error: &piece.error)
            guard let panel else { return nil }
            piece.bytes += panel
        }
        return piece
    }
}
