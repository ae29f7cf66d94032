import Quant

/// `safety_checker/config.json` of diffusers' `StableDiffusionSafetyChecker`: a `CLIPConfig` of transformers, of which
/// the part about pictures counts. Absent keys take the defaults of `CLIPConfig` and `CLIPVisionConfig`
/// (models/clip/configuration_clip.py).
package struct SafetyCheckerConfiguration: ConfigurationDocument {
    /// Numbers that a picture or a concept becomes.
    package let projectionSize: Int
    package let vision: Vision

    /// CLIP's vision transformer.
    package struct Vision: Decodable, Sendable {
        package let hiddenSize: Int
        package let intermediateSize: Int
        package let layers: Int
        package let heads: Int
        package let channels: Int
        /// Height and width of the pictures that it sees.
        package let imageSize: Int
        /// Height and width of the patches that pictures are cut into.
        package let patchSize: Int
        package let activation: String
        package let normEpsilon: Float

        private enum CodingKeys: String, CodingKey {
            case hiddenSize = "hidden_size", intermediateSize = "intermediate_size", layers = "num_hidden_layers"
            case heads = "num_attention_heads", channels = "num_channels", imageSize = "image_size"
            case patchSize = "patch_size", activation = "hidden_act", normEpsilon = "layer_norm_eps"
        }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            hiddenSize = try values.value(.hiddenSize, default: 768)
            intermediateSize = try values.value(.intermediateSize, default: 3072)
            layers = try values.value(.layers, default: 12)
            heads = try values.value(.heads, default: 12)
            channels = try values.value(.channels, default: 3)
            imageSize = try values.value(.imageSize, default: 224)
            patchSize = try values.value(.patchSize, default: 32)
            activation = try values.value(.activation, default: "quick_gelu")
            normEpsilon = try values.value(.normEpsilon, default: 1e-5)
        }

        /// Patches of a picture, and the one place that stands for all of it.
        package var positions: Int { (imageSize / patchSize) * (imageSize / patchSize) + 1 }
    }

    private enum CodingKeys: String, CodingKey {
        case projectionSize = "projection_dim", vision = "vision_config", olderVision = "vision_config_dict"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        projectionSize = try values.value(.projectionSize, default: 512)
        // Where both are there, the older counts, with defaults for what it lacks (`CLIPConfig.__post_init__`).
        let older = try values.decodeIfPresent(Vision.self, forKey: .olderVision)
        vision = try older ?? values.decode(Vision.self, forKey: .vision)
    }
}

extension SafetyCheckerConfiguration {
    package static let document = Component.safetyChecker.document

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        if case .texts(let classes) = values["architectures"], let first = classes.first {
            try requireClass("architectures", first.map(JSONValue.text), "StableDiffusionSafetyChecker")
        } else {
            try requireClass("model_type", values["model_type"], "clip")
        }
    }

    package func check() throws(ConfigurationError) {
        try Self.require("projection_dim", projectionSize, in: 1...largestWidth)
        try Self.requireTransformer(
            hiddenSize: vision.hiddenSize, intermediateSize: vision.intermediateSize, layers: vision.layers,
            heads: vision.heads, activation: vision.activation, normEpsilon: vision.normEpsilon)
        try Self.require(
            vision.channels == 3, "num_channels is \(vision.channels), expected 3: red, green and blue")
        try Self.require("patch_size", vision.patchSize, in: 1...128)
        try Self.require("image_size", vision.imageSize, in: 1...2048)
        try Self.require(
            vision.imageSize % vision.patchSize == 0,
            "image_size is \(vision.imageSize), expected a multiple of patch_size, \(vision.patchSize)")
        try Self.require(
            vision.positions <= largestWidth,
            "image_size is \(vision.imageSize), expected at most 255 patches of \(vision.patchSize) pixels")
    }
}
