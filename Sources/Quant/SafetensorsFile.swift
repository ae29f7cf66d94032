import FoundationEssentials

/// One tensor of a safetensors file.
package struct SafetensorsEntry: Sendable, Equatable {
    package let name: String
    /// As in the file: `F32`, `F16`, `BF16`, `I64`, ...
    package let dtype: String
    package let shape: [Int]
    /// In the file, counted from its first byte.
    package let offset: Int
    package let byteCount: Int
}

/// A reader of the safetensors format: 8 bytes of header length, a JSON object of names with dtype, shape and
/// data_offsets, then the data. The rules are those of the reference implementation's `validate()`: ranges in a row
/// that cover the data exactly, each as long as its type and shape need. Values are read in pieces, so that no tensor
/// need ever be in memory as a whole. (https://huggingface.co/docs/safetensors)
package final class SafetensorsFile: Sendable {
    /// The types whose values can be read.
    package static let readableTypes: Set = ["F32", "F16", "BF16"]
    static let headerLimit = 100_000_000

    package let entries: [String: SafetensorsEntry]
    /// What the file says about itself (`__metadata__`); empty if that is not an object of texts.
    package let metadata: [String: String]
    package var path: String { file.path }
    private let file: InputFile

    /// - Throws: the `FormatError` of the first rule that is broken.
    package init(path: String) throws(FormatError) {
        let file = try InputFile(path: path)
        guard file.byteCount >= 8 else { throw .tooShort(file: path, byteCount: file.byteCount, needed: 8) }
        let claimed = UInt64(littleEndian: try file.read(UInt64.self, at: 0, count: 1)[0])
        guard claimed <= UInt64(SafetensorsFile.headerLimit) else {
            throw .headerTooLong(file: path, byteCount: claimed, limit: SafetensorsFile.headerLimit)
        }
        let headerByteCount = Int(claimed)
        guard headerByteCount <= file.byteCount - 8 else {
            throw .headerBeyondEnd(file: path, byteCount: claimed, fileByteCount: file.byteCount)
        }
        let json = try file.read(UInt8.self, at: 8, count: headerByteCount)
        guard json.first == UInt8(ascii: "{") else { throw .malformedJSON(file: path, reason: "not an object") }
        let header = try decodeJSON(SafetensorsHeader.self, from: json, file: path)
        metadata = header.metadata
        entries = try header.validated(
            file: path, dataStart: 8 + headerByteCount, dataByteCount: file.byteCount - 8 - headerByteCount)
        self.file = file
    }

    /// The elements `range` of a tensor, row-major, as floats.
    /// - Throws: `FormatError.unsupportedDtype` unless it is F32, F16 or BF16; `.notFinite`; `.cannotRead`.
    package func floats(_ entry: SafetensorsEntry, _ range: Range<Int>) throws(FormatError) -> [Float] {
        precondition(entries[entry.name] == entry, "\(entry.name) is no entry of \(path)")
        let width = entry.dtype == "F32" ? 4 : 2
        precondition(range.lowerBound >= 0 && range.upperBound <= entry.byteCount / width, "range outside the tensor")
        let offset = entry.offset + range.lowerBound * width
        let values: [Float]
        switch entry.dtype {
        case "F32":
            values = try file.read(Float.self, at: offset, count: range.count)
        case "F16":
            values = try file.read(UInt16.self, at: offset, count: range.count).map { Float(Float16(bitPattern: $0)) }
        case "BF16":
            values = try file.read(UInt16.self, at: offset, count: range.count).map {
                Float(bitPattern: UInt32($0) << 16)
            }
        default:
            throw .unsupportedDtype(file: path, tensor: entry.name, dtype: entry.dtype)
        }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite(file: path, tensor: entry.name) }
        return values
    }

    /// The only element of a tensor of whole numbers; nil for other tensors.
    package func integer(_ entry: SafetensorsEntry) throws(FormatError) -> Int? {
        precondition(entries[entry.name] == entry, "\(entry.name) is no entry of \(path)")
        switch (entry.dtype, entry.byteCount) {
        case ("I64", 8): return Int(try file.read(Int64.self, at: entry.offset, count: 1)[0])
        case ("I32", 4): return Int(try file.read(Int32.self, at: entry.offset, count: 1)[0])
        default: return nil
        }
    }
}

/// The JSON header as written, before anything in it is believed.
private struct SafetensorsHeader: Decodable {
    struct Tensor: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static let metadataName = "__metadata__"

    let tensors: [(name: String, tensor: Tensor)]
    let metadata: [String: String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        tensors = try container.allKeys.filter { $0.stringValue != SafetensorsHeader.metadataName }.map {
            ($0.stringValue, try container.decode(Tensor.self, forKey: $0))
        }
        let name = Name(stringValue: SafetensorsHeader.metadataName)
        metadata = (try? container.decode([String: String].self, forKey: name)) ?? [:]
    }

    func validated(
        file: String, dataStart: Int, dataByteCount: Int
    ) throws(FormatError)
        -> [String: SafetensorsEntry]
    {
        var entries: [String: SafetensorsEntry] = [:]
        for (name, tensor) in tensors {
            guard tensor.data_offsets.count == 2 else {
                throw .malformedJSON(file: file, reason: "'\(name.prefix(160))' needs two data_offsets")
            }
            let (begin, end) = (tensor.data_offsets[0], tensor.data_offsets[1])
            guard begin >= 0, begin <= end, end <= dataByteCount else {
                let (length, overflow) = end.subtractingReportingOverflow(begin)
                throw .outOfRange(
                    file: file, name: name, offset: begin, byteCount: overflow ? .max : length,
                    available: dataByteCount)
            }
            guard let bits = SafetensorsHeader.bits[tensor.dtype] else {
                throw .unsupportedDtype(file: file, tensor: name, dtype: tensor.dtype)
            }
            var expected: Int? = bits
            for dimension in tensor.shape {
                expected = dimension < 0 ? nil : expected.flatMap { product($0, dimension) }
            }
            guard let expected, expected % 8 == 0 else {
                throw .badShape(file: file, tensor: name, shape: tensor.shape)
            }
            guard expected / 8 == end - begin else {
                throw .wrongByteCount(file: file, name: name, expected: expected / 8, found: end - begin)
            }
            entries[name] = SafetensorsEntry(
                name: name, dtype: tensor.dtype, shape: tensor.shape, offset: dataStart + begin,
                byteCount: end - begin)
        }
        var next = dataStart
        for entry in entries.values.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            guard entry.offset == next else { throw .gap(file: file, at: min(next, entry.offset) - dataStart) }
            next = entry.offset + entry.byteCount
        }
        guard next == dataStart + dataByteCount else { throw .gap(file: file, at: next - dataStart) }
        return entries
    }

    /// The types that the format defines. Only three can be read; the others may be present.
    private static let bits = [
        "F32": 32, "F16": 16, "BF16": 16, "F64": 64, "I64": 64, "U64": 64, "I32": 32, "U32": 32, "I16": 16, "U16": 16,
        "I8": 8, "U8": 8, "BOOL": 8, "F8_E4M3": 8, "F8_E5M2": 8,
    ]
}
