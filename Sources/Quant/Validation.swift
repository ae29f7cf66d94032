extension Header {
    /// Checks every rule of the format against a file with `dataByteCount` bytes of data. After this, every range in
    /// the header lies inside the data and fits its shape, and no two overlap.
    func validate(file: String, dataByteCount: Int) throws(FormatError) {
        var names = Set<String>()
        var end = 0
        var previous = "the header"

        func place(_ name: String, _ offset: Int, _ byteCount: Int, _ alignment: Int) throws(FormatError) {
            guard isPermitted(name: name) else { throw .badName(file: file, name: name) }
            guard names.insert(name).inserted else { throw .duplicateName(file: file, name: name) }
            guard byteCount >= 0, offset >= 0, offset <= dataByteCount, byteCount <= dataByteCount - offset else {
                throw .outOfRange(
                    file: file, name: name, offset: offset, byteCount: byteCount, available: dataByteCount)
            }
            guard offset >= end else { throw .overlap(file: file, name: name, previous: previous) }
            guard offset % alignment == 0 else {
                throw .misaligned(file: file, name: name, offset: offset, alignment: alignment)
            }
            end = offset + byteCount
            previous = name
        }

        for document in documents {
            try document.validate(file: file)
            try place(document.name, document.offset, document.storedByteCount, 1)
        }
        var component: Substring?
        for tensor in tensors {
            try tensor.validate(file: file)
            let starts = tensor.component != component
            component = tensor.component
            try place(
                tensor.name, tensor.offset, tensor.byteCount,
                starts ? WeightFormat.componentAlignment : WeightFormat.tensorAlignment)
        }
    }
}

extension DocumentEntry {
    fileprivate func validate(file: String) throws(FormatError) {
        guard byteCount >= 0, storedByteCount >= 0 else {
            throw .outOfRange(file: file, name: name, offset: offset, byteCount: byteCount, available: 0)
        }
        var limit = WeightFormat.documentLimit
        guard storedByteCount <= limit else {
            throw .documentTooLarge(file: file, document: name, byteCount: storedByteCount, limit: limit)
        }
        // LZ4 shrinks by a factor of 255 at most: a larger claim can only be meant to exhaust memory.
        if compression == .lz4 { limit = min(limit, storedByteCount * 255) }
        guard byteCount <= limit else {
            throw .documentTooLarge(file: file, document: name, byteCount: byteCount, limit: limit)
        }
        guard compression == .lz4 || byteCount == storedByteCount else {
            throw .wrongByteCount(file: file, name: name, expected: byteCount, found: storedByteCount)
        }
    }
}

extension TensorEntry {
    fileprivate func validate(file: String) throws(FormatError) {
        guard scheme == .int8Panels ? block.map(Scheme.permits) == true : block == nil else {
            throw .badBlock(file: file, tensor: name, block: block)
        }
        guard let expected = scheme.byteCount(shape: shape, block: block) else {
            throw .badShape(file: file, tensor: name, shape: shape)
        }
        guard byteCount == expected else {
            throw .wrongByteCount(file: file, name: name, expected: expected, found: byteCount)
        }
    }
}

/// Names are 1 to 512 bytes of printable ASCII without spaces.
func isPermitted(name: String) -> Bool {
    (1...512).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 32 && $0 < 127 }
}
