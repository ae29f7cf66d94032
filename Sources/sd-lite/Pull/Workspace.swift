import FoundationEssentials
import Glibc

/// Where the downloads of one model lie until they are converted; nobody else works in it meanwhile.
final class Workspace {
    let path: String
    private let lock: Int32

    private static func lockFile(_ path: String) -> String { path + "/lock" }

    /// Makes the folder.
    /// - Throws: `PullError.cannotWrite`, `.busy`
    init(path: String) throws(PullError) {
        try makeFolder(path)
        // Without O_CLOEXEC: a curl that outlives this program holds the lock until it is done.
        let lock = open(Self.lockFile(path), O_RDWR | O_CREAT, 0o644)
        guard lock >= 0 else { throw .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .busy(folder: path)
        }
        self.path = path
        self.lock = lock
    }

    /// Leaves nothing but what was downloaded.
    deinit {
        unlink(Self.lockFile(path))
        close(lock)
        rmdir(path)
    }

    /// A folder in it.
    func folder(_ name: String) throws(PullError) -> String {
        try makeFolder("\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// Removes everything.
    func remove() throws(PullError) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .cannotWrite(file: path, reason: "the download cannot be removed")
        }
    }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(PullError) {
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw .cannotWrite(file: path, reason: "the folder cannot be made")
    }
}

func removeFile(_ path: String) throws(PullError) {
    guard unlink(path) == 0 || errno == ENOENT else {
        throw .cannotWrite(file: path, reason: String(cString: strerror(errno)))
    }
}

/// Bytes that may still be written where `folder` is; nil if the system does not tell.
func freeBytes(in folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return Int(status.f_bavail) * Int(status.f_frsize)
}
