import FoundationEssentials
import Quant

/// The parts of a pipeline that are converted; the raw value is the folder and the prefix of the names.
enum Component: String, CaseIterable {
    case textEncoder = "text_encoder"
    case unet
    case vae
}

/// A checkpoint in the diffusers folder layout: which files it has, and whether it is a Stable Diffusion 1.x at all.
struct CheckpointFolder {
    let root: String
    /// Parts that the pipeline has and that are not converted.
    let leftOut: [String]

    init(root: String) throws {
        let trimmed = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.root = trimmed
        let index = trimmed + "/model_index.json"
        guard isFile(index) else {
            if trimmed.hasSuffix(".ckpt") || trimmed.hasSuffix(".bin") || trimmed.hasSuffix(".pt") {
                throw ConvertError.pickle(file: trimmed)
            }
            throw ConvertError.notADiffusersFolder(path: trimmed)
        }
        let parts = try decodeJSON([String: PipelinePart].self, from: readConfig(index), file: index)
        let others = ["text_encoder_2", "text_encoder_3", "transformer", "prior"]
        if let other = others.first(where: { parts[$0]?.isPresent == true }) {
            throw ConvertError.otherArchitecture(
                file: index, found: "a pipeline with \(other)", expected: "StableDiffusionPipeline")
        }
        leftOut = ["safety_checker", "feature_extractor", "image_encoder"].filter { parts[$0]?.isPresent == true }
    }

    func path(_ name: String) -> String { root + "/" + name }

    func config(_ component: Component) -> String { path(component.rawValue + "/config.json") }

    /// The weights of a component, in the order of preference: plain, sharded, the fp16 variant, that sharded.
    func weights(_ component: Component) throws -> SafetensorsCheckpoint {
        let stem = component == .textEncoder ? "model" : "diffusion_pytorch_model"
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

/// `"unet": ["diffusers", "UNet2DConditionModel"]`, or `[null, null]` for a part that is not there; other keys hold
/// anything.
private struct PipelinePart: Decodable {
    let isPresent: Bool

    init(from decoder: any Decoder) throws {
        let names = try? decoder.singleValueContainer().decode([String?].self)
        isPresent = names?.contains { $0 != nil } ?? false
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
