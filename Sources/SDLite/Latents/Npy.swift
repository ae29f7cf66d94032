import Quant

/// NumPy's file format for one array (numpy/lib/format.py), float32 little-endian in C order only.
public enum Npy {
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Files are read whole: more than this is refused.
    private static let sizeLimit = 1 << 30

    /// - Parameter path: a `.npy` file of version 1 or 2 with dtype `<f4`
    /// - Throws: `NpyError` for anything else, `FormatError` if the file cannot be read
    public static func read(path: String) throws -> (shape: [Int], values: [Float]) {
        try parse(readFile(path: path, limit: sizeLimit), file: path)
    }

    static func parse(_ bytes: [UInt8], file path: String) throws -> (shape: [Int], values: [Float]) {
        guard bytes.starts(with: magic) else { throw NpyError.notNpy(file: path) }
        guard bytes.count >= 12 else { throw NpyError.truncated(file: path) }
        guard bytes[6] == 1 || bytes[6] == 2 else { throw NpyError.version(file: path, major: Int(bytes[6])) }
        let start = bytes[6] == 1 ? 10 : 12
        let headerCount = (8..<start).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
        guard headerCount <= bytes.count - start else { throw NpyError.truncated(file: path) }

        let header = try NpyHeader(text: bytes[start..<start + headerCount], file: path)
        let data = bytes[(start + headerCount)...]
        guard let count = elementCount(header.shape),
            data.count.quotientAndRemainder(dividingBy: 4) == (count, 0)
        else {
            throw NpyError.wrongSize(file: path, shape: header.shape, byteCount: data.count)
        }
        let values = data.withUnsafeBytes { data in
            (0..<count).map { i in
                Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)))
            }
        }
        guard values.allSatisfy(\.isFinite) else { throw NpyError.notFinite(file: path) }
        return (header.shape, values)
    }

    /// Writes version 1; the file appears under its name only when it is complete.
    /// - Throws: `NpyError.wrongCount` if shape and values do not fit each other, `FormatError` if it cannot be written
    public static func write(shape: [Int], values: [Float], to path: String) throws {
        guard shape.count <= NpyHeader.mostDimensions, elementCount(shape) == values.count else {
            throw NpyError.wrongCount(file: path, shape: shape, values: values.count)
        }
        try writeFile(encode(shape: shape, values: values), path: path)
    }

    /// The numbers in an array of this shape; nil if there is no such array.
    private static func elementCount(_ shape: [Int]) -> Int? {
        shape.reduce(1) { count, dimension in
            guard let count, dimension >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            return overflow ? nil : product
        }
    }

    static func encode(shape: [Int], values: [Float]) -> [UInt8] {
        let dimensions = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let facts = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(dimensions)), }"
        // Blanks and a newline make the data start at a multiple of 64.
        let padding = 63 - (10 + facts.utf8.count) % 64
        let header = Array(facts.utf8) + Array(repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
        var bytes = magic + [1, 0, UInt8(header.count & 0xff), UInt8(header.count >> 8)] + header
        bytes.reserveCapacity(bytes.count + 4 * values.count)
        for value in values {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
            }
        }
        return bytes
    }
}
