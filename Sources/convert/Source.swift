import Quant

/// A tensor on its way from the checkpoint into the model file.
struct Source {
    let stored: StoredTensor
    let planned: PlannedTensor

    /// - Throws: `FormatError.notFinite`, `.cannotRead`: a flat tensor's values decide how it is kept
    init(_ stored: StoredTensor, _ policy: Policy) throws {
        self.stored = stored
        let planned = policy.plan(stored.expected)
        let isTooLarge = try planned.scheme == .f16 && stored.exceedsHalf()
        self.planned = isTooLarge ? PlannedTensor(name: planned.name, shape: planned.shape, scheme: .f32) : planned
    }

    var elementCount: Int { stored.elementCount }

    /// The tensor in ranges of elements of about a quarter of a million, for panels in whole panels.
    var pieces: [Range<Int>] {
        var unit = 1
        if let layout = planned.panels { unit = layout.rowLength * PanelLayout.width }
        return stored.pieces(of: max(1, (1 << 18) / unit) * unit)
    }
}

extension StoredTensor {
    /// Whether a value is beyond fp16. Only fp32 and bf16 can hold such values.
    fileprivate func exceedsHalf() throws -> Bool {
        guard entry.dtype != "F16" else { return false }
        for piece in pieces(of: 1 << 18) {
            if try floats(piece).contains(where: { abs($0) > 65_504 }) { return true }
        }
        return false
    }

    fileprivate func pieces(of length: Int) -> [Range<Int>] {
        stride(from: 0, to: elementCount, by: length).map { $0..<min($0 + length, elementCount) }
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
