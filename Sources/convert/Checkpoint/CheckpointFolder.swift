import Architecture
import FoundationEssentials
import Quant

/// A checkpoint in the diffusers folder layout: which files it has, and what they say about its architecture.
struct CheckpointFolder {
    let root: String
    let configurations: Configurations
    /// Parts that the pipeline has and that are not converted.
    var leftOut: [String] { configurations.leftOut }

    /// - Parameter safetyChecker: whether it is to be converted, if there is one
    init(root: String, safetyChecker: Bool = true) throws {
        let trimmed = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.root = trimmed
        guard isFile(trimmed + "/" + PipelineConfiguration.document) else {
            if trimmed.hasSuffix(".ckpt") || trimmed.hasSuffix(".bin") || trimmed.hasSuffix(".pt") {
                throw ConvertError.pickle(file: trimmed)
            }
            throw ConvertError.notADiffusersFolder(path: trimmed)
        }
        do {
            configurations = try Configurations(
                has: { safetyChecker && isFile(trimmed + "/" + $0) }, read: { try readConfig(trimmed + "/" + $0) })
        } catch let error as ConfigurationError {
            throw ConvertError.badConfig(file: trimmed + "/" + error.document, reason: error.reason)
        }
    }

    func path(_ name: String) -> String { root + "/" + name }

    /// The weights of a component, in the order of preference: plain, sharded, the fp16 variant, that sharded.
    func weights(_ component: Component) throws -> SafetensorsCheckpoint {
        let stem = component.weightsStem
        let folder = path(component.rawValue)
        let names = [
            stem + ".safetensors", stem + ".safetensors.index.json", stem + ".fp16.safetensors",
            stem + ".safetensors.index.fp16.json",
        ]
        for name in names where isFile(folder + "/" + name) {
            return try SafetensorsCheckpoint(path: folder + "/" + name)
        }
        let others = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if let pickle = others.sorted().first(where: { $0.hasSuffix(".bin") || $0.hasSuffix(".ckpt") }) {
            throw ConvertError.pickle(file: folder + "/" + pickle)
        }
        throw ConvertError.missingFile(folder: folder, wanted: names[0])
    }
}

func isFile(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
}

/// A configuration, vocabulary or licence: at most 16 MiB.
func readConfig(_ path: String) throws(FormatError) -> [UInt8] {
    try readFile(path: path, limit: 16 << 20)
}
