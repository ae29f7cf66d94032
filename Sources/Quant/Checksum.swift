import CZlib

/// A running CRC-32 (the polynomial of zlib, PNG and gzip).
package struct Checksum {
    private(set) var value: UInt32 = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        let typed = start.assumingMemoryBound(to: UInt8.self)
        value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), typed, bytes.count))
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }

    package static func of(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { Checksum.of($0) }
    }
}
