import CLZ4

/// LZ4 blocks (no frame): the one place that knows the compressor.
package enum LZ4 {
    /// nil if the result would not be smaller.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count > 1, bytes.count <= WeightFormat.documentLimit else { return nil }
        let capacity = bytes.count - 1
        let packed = [UInt8](unsafeUninitializedCapacity: capacity) { target, initialized in
            let count = bytes.withUnsafeBytes { source in
                target.withMemoryRebound(to: CChar.self) { target in
                    LZ4_compress_HC(
                        source.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress,
                        Int32(bytes.count), Int32(capacity), LZ4HC_CLEVEL_MAX)
                }
            }
            initialized = Int(max(0, count))
        }
        return packed.isEmpty ? nil : packed
    }

    /// nil unless `bytes` is one block of exactly `byteCount` bytes.
    package static func decompress(_ bytes: UnsafeRawBufferPointer, byteCount: Int) -> [UInt8]? {
        precondition(byteCount <= WeightFormat.documentLimit && bytes.count <= WeightFormat.documentLimit)
        let result = [UInt8](unsafeUninitializedCapacity: byteCount) { target, initialized in
            let count = target.withMemoryRebound(to: CChar.self) { target in
                LZ4_decompress_safe(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress,
                    Int32(bytes.count), Int32(byteCount))
            }
            initialized = Int(max(0, count))
        }
        return result.count == byteCount ? result : nil
    }
}
