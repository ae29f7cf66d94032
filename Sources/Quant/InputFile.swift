import Glibc

/// A regular file opened for reading. Reads go through `pread`, so a file that shrinks underneath is an error and no
/// fault, and pages that were read do not count as this process's memory.
final class InputFile: Sendable {
    let path: String
    let byteCount: Int
    let descriptor: Int32

    init(path: String) throws(FormatError) {
        // Without O_NONBLOCK the opening of a named pipe would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(file: path, reason: systemReason()) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = systemReason()
            close(descriptor)
            throw .cannotOpen(file: path, reason: reason)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notARegularFile(file: path)
        }
        self.path = path
        self.byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// `count` little-endian values from byte `offset` on.
    func read<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int, count: Int) throws(FormatError) -> [Value] {
        let wanted = count * MemoryLayout<Value>.stride
        precondition(offset >= 0 && count >= 0 && wanted <= byteCount - offset, "read outside the file")
        var failure: String?
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var done = 0
            while done < wanted {
                let got = pread(descriptor, bytes.baseAddress! + done, wanted - done, off_t(offset + done))
                if got < 0 && errno == EINTR { continue }
                if got <= 0 {
                    failure = got == 0 ? "it became shorter while it was read" : systemReason()
                    return
                }
                done += got
            }
            initialized = count
        }
        if let failure { throw .cannotRead(file: path, reason: failure) }
        return values
    }
}

/// The whole of a regular file that has at most `limit` bytes.
/// - Throws: `FormatError.cannotOpen`, `.notARegularFile`, `.cannotRead`.
package func readFile(path: String, limit: Int) throws(FormatError) -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.byteCount <= limit else {
        throw .cannotRead(file: path, reason: "\(file.byteCount) bytes; more than \(limit) is refused")
    }
    return try file.read(UInt8.self, at: 0, count: file.byteCount)
}

/// The operating system's words for the last error.
func systemReason(_ code: Int32 = errno) -> String {
    String(cString: strerror(code))
}
