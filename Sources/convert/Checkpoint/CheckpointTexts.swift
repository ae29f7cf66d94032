import Architecture
import FoundationEssentials
import Quant

/// The text files of a checkpoint by their names in a diffusers folder, such as `unet/config.json`. A single file has
/// none; they are made for it.
struct CheckpointTexts {
    /// The folder or the file that they belong to, as errors name it.
    let root: String
    private let isFolder: Bool
    private var made: [String: [UInt8]]
    /// Where those that were put in the place of others come from.
    private var places: [String: String] = [:]

    init(folder: String) throws(ConvertError) {
        root = withoutSlash(folder)
        isFolder = true
        made = [:]
        guard isFile(path(PipelineConfiguration.document)) else { throw .notACheckpoint(path: root) }
    }

    /// Those made for a single file.
    init(file: String, made: [String: [UInt8]]) {
        root = file
        isFolder = false
        self.made = made
    }

    /// Puts a text in the place of one that may be there.
    /// - Parameter place: where it comes from, as errors name it
    mutating func replace(_ name: String, with text: [UInt8], from place: String) {
        made[name] = text
        places[name] = place
    }

    /// Where a text comes from, as errors name it.
    func path(_ name: String) -> String { places[name] ?? (isFolder ? "\(root)/\(name)" : "\(root) (\(name))") }

    func contains(_ name: String) -> Bool { made[name] != nil || isFolder && isFile(path(name)) }

    func read(_ name: String) throws -> [UInt8] {
        if let text = made[name] { return text }
        guard isFolder else { throw ConvertError.missingFile(folder: root, wanted: name) }
        return try readConfig(path(name))
    }

    /// The names of those that lie in no folder, sorted.
    var namesAtTheTop: [String] {
        let names = isFolder ? (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] : []
        return Set(names).union(made.keys).filter { !$0.contains("/") && contains($0) }.sorted()
    }

    /// - Parameter safetyChecker: whether there may be one
    func configurations(safetyChecker: Bool) throws -> Configurations {
        do {
            return try Configurations(
                has: { (safetyChecker || $0 != SafetyCheckerConfiguration.document) && contains($0) }, read: read)
        } catch let error as ConfigurationError {
            throw ConvertError.badConfig(file: path(error.document), reason: error.reason)
        }
    }
}

/// A folder's path without the slash that may end it.
func withoutSlash(_ path: String) -> String { path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

func isFile(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
}

/// A configuration, vocabulary or licence: at most 16 MiB.
func readConfig(_ path: String) throws(FormatError) -> [UInt8] {
    try readFile(path: path, limit: 16 << 20)
}
