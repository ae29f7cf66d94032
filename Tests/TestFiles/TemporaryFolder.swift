import FoundationEssentials
import Glibc

/// A folder that goes away with all that is in it.
public final class TemporaryFolder: Sendable {
    public let root: String

    public init() throws {
        var template = Array("/tmp/sd-lite-tests-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw FileProblem(name: "mkdtemp") }
        root = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    public func path(_ name: String) -> String { "\(root)/\(name)" }

    /// The names in the folder.
    public func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
    }

    /// Writes a file, making the folders above it, and returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        for (index, character) in name.enumerated() where character == "/" {
            mkdir(path(String(name.prefix(index))), 0o755)
        }
        guard let file = fopen(path(name), "wb") else { throw FileProblem(name: name) }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw FileProblem(name: name) }
        return path(name)
    }

    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    public func remove(_ name: String) {
        unlink(path(name))
    }

    public func read(_ name: String) throws -> [UInt8] {
        guard let file = fopen(path(name), "rb") else { throw FileProblem(name: name) }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        guard fread(&bytes, 1, bytes.count, file) == bytes.count else { throw FileProblem(name: name) }
        return bytes
    }
}

public struct FileProblem: Error {
    let name: String
}
