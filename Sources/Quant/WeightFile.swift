/// The bytes of a tensor where they lie in the mapped file. Holding on to `owner` keeps them valid.
package struct LentBytes: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    package let owner: MappedFile
}

/// A `.sdq` file: mapped, validated once when it is opened, then lent out piece by piece. `docs/FORMAT.md` is the
/// specification.
package final class WeightFile: Sendable {
    package let path: String
    package let header: Header
    private let map: MappedFile
    /// Where the data begins in the file: offsets count from here.
    private let dataStart: Int
    private let tensorIndex: [String: Int]
    private let documentIndex: [String: Int]

    /// Maps the file and checks everything but the checksums of the contents.
    /// - Throws: the `FormatError` of the first rule that is broken.
    package init(path: String) throws(FormatError) {
        let map = try MappedFile(path: path)
        let prologue = WeightFormat.prologueByteCount
        guard map.bytes.starts(with: WeightFormat.magic.prefix(map.bytes.count)) else {
            throw .notAWeightFile(file: path)
        }
        guard map.bytes.count >= prologue else {
            throw .tooShort(file: path, byteCount: map.bytes.count, needed: prologue)
        }
        let version = UInt32(littleEndian: map.bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard version == WeightFormat.version else { throw .unsupportedVersion(file: path, found: version) }
        let checksum = UInt32(littleEndian: map.bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let claimed = UInt64(littleEndian: map.bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        guard claimed <= UInt64(WeightFormat.headerLimit) else {
            throw .headerTooLong(file: path, byteCount: claimed, limit: WeightFormat.headerLimit)
        }
        let byteCount = Int(claimed)
        guard byteCount <= map.bytes.count - prologue else {
            throw .headerBeyondEnd(file: path, byteCount: claimed, fileByteCount: map.bytes.count)
        }
        let json = UnsafeRawBufferPointer(rebasing: map.bytes[prologue..<prologue + byteCount])
        map.readAhead(json)
        guard Checksum.of(json) == checksum else { throw .headerChecksum(file: path) }

        let header = try decodeJSON(Header.self, from: Array(json), file: path)
        let dataStart = roundUp(prologue + byteCount, to: WeightFormat.componentAlignment)
        try header.validate(file: path, dataByteCount: max(0, map.bytes.count - dataStart))

        self.path = path
        self.header = header
        self.map = map
        self.dataStart = dataStart
        tensorIndex = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
        documentIndex = Dictionary(uniqueKeysWithValues: header.documents.enumerated().map { ($1.name, $0) })
    }

    /// Of the whole file.
    package var byteCount: Int { map.bytes.count }

    package func entry(_ name: String) -> TensorEntry? {
        tensorIndex[name].map { header.tensors[$0] }
    }

    /// The stored bytes of a tensor of this file.
    package func lend(_ entry: TensorEntry) -> LentBytes {
        precondition(self.entry(entry.name) == entry, "\(entry.name) is no entry of \(path)")
        return LentBytes(bytes: stored(entry.offset, entry.byteCount), owner: map)
    }

    /// Waits until the disk has delivered a tensor.
    package func waitFor(_ entry: TensorEntry) { map.waitFor(stored(entry.offset, entry.byteCount)) }

    /// Begins to read a tensor from the disk.
    package func readAhead(_ entry: TensorEntry) { map.readAhead(stored(entry.offset, entry.byteCount)) }

    /// From now on tensors are read whole; until then the disk reads no more than is touched.
    package func expectWholeTensors() { map.expect(.whole) }

    /// Gives a tensor's pages back to the system; they return when they are touched.
    package func discard(_ entry: TensorEntry) { map.discard(stored(entry.offset, entry.byteCount)) }

    /// Gives the pages of the whole file back to the system.
    package func discardAll() { map.discardAll() }

    package func hasDocument(_ name: String) -> Bool {
        documentIndex[name] != nil
    }

    /// A document, decompressed.
    /// - Throws: `FormatError.missingDocument`, `.cannotDecompress`, `.checksum`.
    package func document(_ name: String) throws(FormatError) -> [UInt8] {
        guard let index = documentIndex[name] else { throw .missingDocument(file: path, document: name) }
        let entry = header.documents[index]
        let packed = stored(entry.offset, entry.storedByteCount)
        map.readAhead(packed)
        var contents = [UInt8]()
        switch entry.compression {
        case .none:
            contents = Array(packed)
        case .lz4:
            guard let unpacked = LZ4.decompress(packed, byteCount: entry.byteCount) else {
                throw .cannotDecompress(file: path, document: name)
            }
            contents = unpacked
        }
        guard Checksum.of(contents) == entry.crc32 else { throw .checksum(file: path, name: name) }
        return contents
    }

    /// Checks the checksum of every document and tensor. `progress` is given the bytes of tensors checked so far and
    /// their total, after each tensor.
    /// - Throws: `FormatError.checksum` or `.cannotDecompress` with the first name that is wrong.
    package func verify(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(FormatError) {
        for document in header.documents {
            _ = try self.document(document.name)
        }
        let total = header.tensors.reduce(0) { $0 + $1.byteCount }
        var done = 0
        map.expect(.whole)
        for tensor in header.tensors {
            let lent = lend(tensor)
            guard Checksum.of(lent.bytes) == tensor.crc32 else { throw .checksum(file: path, name: tensor.name) }
            map.discard(lent.bytes)
            done += tensor.byteCount
            progress(done, total)
        }
    }

    private func stored(_ offset: Int, _ byteCount: Int) -> UnsafeRawBufferPointer {
        let start = dataStart + offset
        return UnsafeRawBufferPointer(rebasing: map.bytes[start..<start + byteCount])
    }
}
