import FoundationEssentials

/// What can be wrong with a file: one case per rule. Every description is one line that names the file and, where
/// there is one, the tensor or document.
public enum FormatError: Error, Sendable, Equatable {
    // The file itself
    /// The system refuses, for a reason in its words.
    case cannotOpen(file: String, reason: String)
    /// A folder, a pipe or a device, where a file is read or would be replaced.
    case notARegularFile(file: String)
    /// Reading failed, or the file is larger than such a file may be.
    case cannotRead(file: String, reason: String)
    /// The system refuses; nothing half-written is left under this name.
    case cannotWrite(file: String, reason: String)

    // Headers
    /// It ends before what every such file begins with.
    case tooShort(file: String, byteCount: Int, needed: Int)
    /// It does not begin with the signature of `.sdq`.
    case notAWeightFile(file: String)
    /// Written by another version of the converter.
    case unsupportedVersion(file: String, found: UInt32)
    /// A header that would take too much memory is not read.
    case headerTooLong(file: String, byteCount: UInt64, limit: Int)
    /// The header's length is more than the file has.
    case headerBeyondEnd(file: String, byteCount: UInt64, fileByteCount: Int)
    /// The header is not the one that was written.
    case headerChecksum(file: String)
    /// A header or a document that is no JSON, or not of the expected form.
    case malformedJSON(file: String, reason: String)

    // Entries
    /// Not 1 to 512 bytes of printable ASCII without spaces.
    case badName(file: String, name: String)
    /// Two tensors or documents of one name.
    case duplicateName(file: String, name: String)
    /// Dimensions that no array, or no tensor of this scheme, can have.
    case badShape(file: String, tensor: String, shape: [Int])
    /// A number of weights per scale that 8-bit tensors cannot have, or one where there are no scales.
    case badBlock(file: String, tensor: String, block: Int?)
    /// More or fewer bytes than the type and shape need.
    case wrongByteCount(file: String, name: String, expected: Int, found: Int)
    /// Bytes that are not in the file.
    case outOfRange(file: String, name: String, offset: Int, byteCount: Int, available: Int)
    /// An entry that does not begin at a multiple of what the format asks for.
    case misaligned(file: String, name: String, offset: Int, alignment: Int)
    /// An entry that begins before the end of the one listed before it.
    case overlap(file: String, name: String, previous: String)
    /// A document that would take too much memory is not unpacked.
    case documentTooLarge(file: String, document: String, byteCount: Int, limit: Int)
    /// A document was asked for that the file does not have.
    case missingDocument(file: String, document: String)
    /// A tensor that the index of a sharded checkpoint lists is in none of its files.
    case missingTensor(file: String, tensor: String)

    // Contents
    /// Not the bytes that were written.
    case checksum(file: String, name: String)
    /// Not LZ4, or not as long as it claims.
    case cannotDecompress(file: String, document: String)
    /// Bytes of a checkpoint that no tensor accounts for, or several do.
    case gap(file: String, at: Int)
    /// A checkpoint's tensor of other numbers than F32, F16 and BF16.
    case unsupportedDtype(file: String, tensor: String, dtype: String)
    /// An index that names a file outside its folder.
    case badShardName(file: String, shard: String)
    /// A shard has a tensor that the index does not list for it.
    case notInIndex(file: String, tensor: String)
    /// A checkpoint's tensor with a NaN or an infinity.
    case notFinite(file: String, tensor: String)
    /// A checkpoint's tensor that was to become 16-bit and has larger numbers.
    case exceedsHalf(file: String, tensor: String)
}

extension FormatError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .cannotOpen(let file, let reason):
            "\(file): cannot be opened: \(reason)"
        case .notARegularFile(let file):
            "\(file): not a regular file"
        case .cannotRead(let file, let reason):
            "\(file): cannot be read: \(reason)"
        case .cannotWrite(let file, let reason):
            "\(file): cannot be written: \(reason)"
        case .tooShort(let file, let byteCount, let needed):
            "\(file): only \(byteCount) bytes long, at least \(needed) are needed; the file is truncated"
        case .notAWeightFile(let file):
            "\(file): not a .sdq weights file (make one with sd-lite-convert)"
        case .unsupportedVersion(let file, let found):
            "\(file): format version \(found); this program reads version \(WeightFormat.version), convert again"
        case .headerTooLong(let file, let byteCount, let limit):
            "\(file): the header claims \(byteCount) bytes; more than \(limit) is refused"
        case .headerBeyondEnd(let file, let byteCount, let fileByteCount):
            "\(file): the header claims \(byteCount) bytes but the file has \(fileByteCount); the file is truncated"
        case .headerChecksum(let file):
            "\(file): the header's checksum is wrong; the file is damaged"
        case .malformedJSON(let file, let reason):
            "\(file): malformed JSON: \(reason)"
        case .badName(let file, let name):
            "\(file): '\(oneLine(name))' is not a permitted name"
        case .duplicateName(let file, let name):
            "\(file): '\(oneLine(name))' is listed twice"
        case .badShape(let file, let tensor, let shape):
            "\(file): tensor '\(oneLine(tensor))' has the impossible shape \(brief(shape))"
        case .badBlock(let file, let tensor, let block):
            "\(file): tensor '\(oneLine(tensor))' has the block size \(block.map(String.init) ?? "none"), "
                + "which its scheme does not permit"
        case .wrongByteCount(let file, let name, let expected, let found):
            "\(file): '\(oneLine(name))' has \(found) bytes where its type and shape need \(expected)"
        case .outOfRange(let file, let name, let offset, let byteCount, let available):
            "\(file): '\(oneLine(name))' claims \(byteCount) bytes from \(offset) on, outside the \(available) bytes "
                + "of data; the file is truncated or damaged"
        case .misaligned(let file, let name, let offset, let alignment):
            "\(file): '\(oneLine(name))' starts at \(offset), not at a multiple of \(alignment)"
        case .overlap(let file, let name, let previous):
            "\(file): '\(oneLine(name))' overlaps '\(oneLine(previous))' or is out of order"
        case .documentTooLarge(let file, let document, let byteCount, let limit):
            "\(file): document '\(oneLine(document))' claims \(byteCount) bytes; more than \(limit) is refused"
        case .missingDocument(let file, let document):
            "\(file): document '\(oneLine(document))' is missing"
        case .missingTensor(let file, let tensor):
            "\(file): tensor '\(oneLine(tensor))' is missing"
        case .checksum(let file, let name):
            "\(file): the checksum of '\(oneLine(name))' is wrong; the file is damaged"
        case .cannotDecompress(let file, let document):
            "\(file): document '\(oneLine(document))' cannot be decompressed; the file is damaged"
        case .gap(let file, let at):
            "\(file): the tensors do not cover the data: byte \(at) belongs to none or to two of them"
        case .unsupportedDtype(let file, let tensor, let dtype):
            "\(file): tensor '\(oneLine(tensor))' has the type '\(oneLine(dtype))'; F32, F16 and BF16 can be read"
        case .badShardName(let file, let shard):
            "\(file): the shard '\(oneLine(shard))' is not a plain file name"
        case .notInIndex(let file, let tensor):
            "\(file): tensor '\(oneLine(tensor))' is not in the index of the shards"
        case .notFinite(let file, let tensor):
            "\(file): tensor '\(oneLine(tensor))' holds a NaN or an infinity"
        case .exceedsHalf(let file, let tensor):
            "\(file): tensor '\(oneLine(tensor))' holds values too large for fp16"
        }
    }
}

/// A name from outside in a form that fits on one line of a terminal.
package func oneLine(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(160).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) }
    return String(printable) + (text.unicodeScalars.count > 160 ? "…" : "")
}

/// A shape from outside in a form that fits on one line.
package func brief(_ shape: [Int]) -> String {
    shape.count > 8 ? "of rank \(shape.count)" : "\(shape)"
}
