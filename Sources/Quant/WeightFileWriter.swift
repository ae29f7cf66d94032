import FoundationEssentials

/// A tensor that is going to be written.
package struct PlannedTensor: Sendable, Equatable {
    package let name: String
    package let shape: [Int]
    package let scheme: Scheme
    package let block: Int?

    package init(name: String, shape: [Int], scheme: Scheme, block: Int? = nil) {
        self.name = name
        self.shape = shape
        self.scheme = scheme
        self.block = block
    }

    /// Bytes that the tensor takes, or nil if its scheme does not permit its shape or block.
    package var byteCount: Int? { scheme.byteCount(shape: shape, block: block) }
}

/// Writes a `.sdq` file front to back: the plan fixes the layout, `append` takes the bytes of the tensors in the
/// plan's order in pieces of any size, `finish` writes the header and gives the file its name. Before that nothing is
/// to be seen under that name; if the writer goes away unfinished, nothing is left.
package final class WeightFileWriter {
    private let output: OutputFile
    private let converter: String
    private let documents: [DocumentEntry]
    private var tensors: [TensorEntry]
    private let dataStart: Int
    private let fileByteCount: Int

    private var current = 0
    private var filled = 0
    private var checksum = Checksum()

    /// - Parameter documents: name and contents; each is compressed if that makes it smaller.
    /// - Throws: `FormatError.cannotWrite`; `.badShape`, `.badName`, ... for a plan that the format does not permit.
    package init(
        path: String, converter: String, documents: [(name: String, contents: [UInt8])], tensors: [PlannedTensor]
    ) throws(FormatError) {
        var end = 0
        var documentEntries: [DocumentEntry] = []
        var packedDocuments: [[UInt8]] = []
        for document in documents {
            let packed = LZ4.compress(document.contents)
            let stored = packed ?? document.contents
            documentEntries.append(
                DocumentEntry(
                    name: document.name, offset: end, byteCount: document.contents.count,
                    storedByteCount: stored.count, compression: packed == nil ? .none : .lz4,
                    crc32: Checksum.of(document.contents)))
            packedDocuments.append(stored)
            end += stored.count
        }
        let planned = try WeightFileWriter.place(tensors, after: end, file: path)
        let dataByteCount = planned.last.map { $0.offset + $0.byteCount } ?? end

        // The checksums are not known yet; room is kept for the longest ones.
        let draft = Header(converter: converter, documents: documentEntries, tensors: planned)
        try draft.validate(file: path, dataByteCount: dataByteCount)
        let headerByteCount = try WeightFileWriter.encode(draft, file: path).count
        dataStart = roundUp(WeightFormat.prologueByteCount + headerByteCount, to: WeightFormat.componentAlignment)
        fileByteCount = dataStart + dataByteCount

        self.converter = converter
        self.documents = documentEntries
        self.tensors = planned
        output = try OutputFile(path: path)
        try output.reserve(byteCount: fileByteCount)
        for (entry, stored) in zip(documentEntries, packedDocuments) {
            try output.write(stored, at: dataStart + entry.offset)
        }
    }

    /// Adds the next bytes of the current tensor; when it is full the next one of the plan becomes the current one.
    package func append(_ bytes: [UInt8]) throws(FormatError) {
        precondition(current < tensors.count, "all tensors are written")
        let entry = tensors[current]
        precondition(bytes.count <= entry.byteCount - filled, "\(entry.name) is longer than planned")
        try output.write(bytes, at: dataStart + entry.offset + filled)
        bytes.withUnsafeBytes { checksum.add($0) }
        filled += bytes.count
        if filled == entry.byteCount {
            tensors[current] = TensorEntry(
                name: entry.name, shape: entry.shape, scheme: entry.scheme, block: entry.block, offset: entry.offset,
                byteCount: entry.byteCount, crc32: checksum.value)
            current += 1
            filled = 0
            checksum = Checksum()
        }
    }

    /// Writes the header, syncs the file and moves it to its place. Returns the size of the file.
    @discardableResult
    package func finish() throws(FormatError) -> Int {
        precondition(current == tensors.count, "\(tensors.count - current) tensors are missing")
        let header = Header(converter: converter, documents: documents, tensors: tensors)
        var json = try WeightFileWriter.encode(header, file: output.path)
        // Spaces fill the room up to the data, so that the data's start follows from the header's length.
        let room = dataStart - WeightFormat.prologueByteCount
        json += [UInt8](repeating: UInt8(ascii: " "), count: room - json.count)
        var prologue = WeightFormat.magic
        withUnsafeBytes(of: WeightFormat.version.littleEndian) { prologue += $0 }
        withUnsafeBytes(of: Checksum.of(json).littleEndian) { prologue += $0 }
        withUnsafeBytes(of: UInt64(json.count).littleEndian) { prologue += $0 }
        try output.write(prologue + json, at: 0)
        try output.commit(byteCount: fileByteCount)
        return fileByteCount
    }

    /// Lays the tensors out one after the other, the first of each component on a new page.
    private static func place(
        _ tensors: [PlannedTensor], after start: Int, file: String
    ) throws(FormatError)
        -> [TensorEntry]
    {
        var entries: [TensorEntry] = []
        var end = start
        var component: Substring?
        for tensor in tensors {
            guard let byteCount = tensor.byteCount else {
                throw .badShape(file: file, tensor: tensor.name, shape: tensor.shape)
            }
            let own = tensor.name.prefix { $0 != "." }
            let alignment = own == component ? WeightFormat.tensorAlignment : WeightFormat.componentAlignment
            component = own
            let offset = roundUp(end, to: alignment)
            entries.append(
                TensorEntry(
                    name: tensor.name, shape: tensor.shape, scheme: tensor.scheme, block: tensor.block,
                    offset: offset, byteCount: byteCount, crc32: .max))
            end = offset + byteCount
        }
        return entries
    }

    private static func encode(_ header: Header, file: String) throws(FormatError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(header))
        } catch {
            throw .cannotWrite(file: file, reason: "the header cannot be encoded")
        }
    }
}
