import Glibc

/// A file that appears under its name only when it is complete: written under a temporary name in the same folder,
/// synced, then renamed. Unless `commit` succeeds, the temporary file is removed with this object.
final class OutputFile {
    let path: String
    private let temporaryPath: String
    private var descriptor: Int32

    /// - Throws: `FormatError.notARegularFile` if a folder or device has this name; `.cannotWrite`, also if there is a
    ///   file of this name that is protected against writing.
    init(path: String) throws(FormatError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(file: path) }
            guard access(path, W_OK) == 0 else { throw .cannotWrite(file: path, reason: systemReason()) }
        }
        self.path = path
        temporaryPath = "\(path).\(getpid()).part"
        // A file of this name can only be left from a killed process that had the same number.
        unlink(temporaryPath)
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let code = errno
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
            let isMissing = code == ENOENT && access(folder, F_OK) != 0
            throw .cannotWrite(file: path, reason: isMissing ? "its folder does not exist" : systemReason(code))
        }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    /// Claims the space for the whole file, so that a full disk is noticed at once.
    func reserve(byteCount: Int) throws(FormatError) {
        let code = posix_fallocate(descriptor, 0, off_t(byteCount))
        // EINVAL and EOPNOTSUPP: the file system cannot tell; writing will.
        guard code == 0 || code == EINVAL || code == EOPNOTSUPP else {
            throw .cannotWrite(file: path, reason: systemReason(code))
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FormatError) {
        let failure: String? = bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
                if put < 0 && errno == EINTR { continue }
                if put <= 0 { return put == 0 ? "nothing was accepted" : systemReason() }
                done += put
            }
            return nil
        }
        if let failure { throw .cannotWrite(file: path, reason: failure) }
    }

    /// Sets the length, syncs, and gives the file its name.
    func commit(byteCount: Int) throws(FormatError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0, fsync(descriptor) == 0,
            rename(temporaryPath, path) == 0
        else { throw .cannotWrite(file: path, reason: systemReason()) }
        close(descriptor)
        descriptor = -1
    }
}

/// Writes a whole file, which appears under its name only when it is complete.
package func writeFile(_ bytes: [UInt8], path: String) throws(FormatError) {
    let file = try OutputFile(path: path)
    try file.write(bytes, at: 0)
    try file.commit(byteCount: bytes.count)
}

/// Finds out whether a file could be written here, by beginning to and leaving nothing.
package func checkWritable(path: String) throws(FormatError) { _ = try OutputFile(path: path) }
