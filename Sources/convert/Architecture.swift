import Quant

/// Reads the three configurations and lists the tensors that they ask for, component by component.
struct Architecture {
    let textEncoder: TextEncoderConfig
    private let tensors: [Component: [ExpectedTensors.Tensor]]

    init(_ folder: CheckpointFolder) throws {
        let text = try Architecture.textEncoder(folder.config(.textEncoder))
        let unet = try Architecture.unet(folder.config(.unet))
        let vae = try Architecture.vae(folder.config(.vae))
        var lists: [Component: ExpectedTensors] = [:]
        lists[.textEncoder, default: ExpectedTensors()].textEncoder(text)
        lists[.unet, default: ExpectedTensors()].unet(unet)
        lists[.vae, default: ExpectedTensors()].vae(vae)
        textEncoder = text
        tensors = lists.mapValues(\.list)
        guard unet.crossAttentionDim == text.hiddenSize else {
            throw ConvertError.badConfig(
                file: folder.config(.unet),
                reason: "cross_attention_dim is \(unet.crossAttentionDim), but the text encoder's hidden_size is "
                    + "\(text.hiddenSize)")
        }
    }

    func tensors(_ component: Component) -> [ExpectedTensors.Tensor] { tensors[component] ?? [] }

    static func unet(_ file: String) throws -> UNetConfig {
        let bytes = try readConfig(file)
        let plain = try decodeJSON([String: JSONScalar].self, from: bytes, file: file)
        try expectClass("UNet2DConditionModel", plain, file)
        try refuse(UNetConfig.unsupported, plain, file)
        let config = try decodeJSON(UNetConfig.self, from: bytes, file: file)
        try config.check(file: file)
        return config
    }

    static func vae(_ file: String) throws -> VAEConfig {
        let bytes = try readConfig(file)
        let plain = try decodeJSON([String: JSONScalar].self, from: bytes, file: file)
        try expectClass("AutoencoderKL", plain, file)
        try refuse(VAEConfig.unsupported, plain, file)
        let config = try decodeJSON(VAEConfig.self, from: bytes, file: file)
        let types = try decodeJSON(BlockTypes.self, from: bytes, file: file)
        try config.check(file: file, blockTypes: (types.down_block_types ?? []) + (types.up_block_types ?? []))
        return config
    }

    static func textEncoder(_ file: String) throws -> TextEncoderConfig {
        let bytes = try readConfig(file)
        let kind = try decodeJSON(TextEncoderKind.self, from: bytes, file: file)
        let found = kind.architectures?.first ?? kind.model_type ?? "unknown"
        guard found == "CLIPTextModel" || found == "clip_text_model" else {
            throw ConvertError.otherArchitecture(file: file, found: found, expected: "CLIPTextModel")
        }
        let config = try decodeJSON(TextEncoderConfig.self, from: bytes, file: file)
        try config.check(file: file)
        return config
    }

    private static func expectClass(_ name: String, _ config: [String: JSONScalar], _ file: String) throws {
        guard config["_class_name"] == .text(name) else {
            let found = config["_class_name"]?.description ?? "unknown"
            throw ConvertError.otherArchitecture(file: file, found: found, expected: name)
        }
    }

    private static func refuse(
        _ rules: [(key: String, permitted: JSONScalar)], _ config: [String: JSONScalar], _ file: String
    ) throws {
        for (key, permitted) in rules {
            guard let found = config[key], found != permitted, found != .null else { continue }
            // An absent feature is also written as null or false.
            if permitted == .null && found == .flag(false) { continue }
            throw ConvertError.otherArchitecture(
                file: file, found: "\(key) = \(found)", expected: "\(key) = \(permitted)")
        }
    }

    private struct BlockTypes: Decodable {
        let down_block_types: [String]?
        let up_block_types: [String]?
    }

    private struct TextEncoderKind: Decodable {
        let architectures: [String]?
        let model_type: String?
    }
}
