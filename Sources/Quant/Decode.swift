extension TensorEntry {
    /// All values as floats in row-major order of `shape`: the plain reading of the format that kernels and tests are
    /// compared with.
    package func decode(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        precondition(bytes.count == byteCount, "\(name) has \(byteCount) bytes")
        func half(_ offset: Int) -> Float {
            let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
            return Float(Float16(bitPattern: UInt16(littleEndian: bits)))
        }
        switch scheme {
        case .f32:
            return (0..<byteCount / 4).map {
                let bits = bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: bits))
            }
        case .f16:
            return (0..<byteCount / 2).map { half($0 * 2) }
        case .f16Panels, .int8Panels:
            guard let layout = PanelLayout(shape: shape, block: block) else { preconditionFailure("unvalidated entry") }
            var values: [Float] = []
            values.reserveCapacity(layout.outputs * layout.rowLength)
            for output in 0..<layout.outputs {
                let panel = output / PanelLayout.width * layout.stride
                let row = output % PanelLayout.width
                for k in 0..<layout.rowLength {
                    let position = k * PanelLayout.width + row
                    if let block {
                        let index = k / layout.taps / block
                        let scale = half(panel + layout.valueByteCount + (index * PanelLayout.width + row) * 2)
                        values.append(Float(Int8(bitPattern: bytes[panel + position])) * scale)
                    } else {
                        values.append(half(panel + position * 2))
                    }
                }
            }
            return values
        }
    }
}
