/// `model_index.json` of diffusers' `StableDiffusionPipeline`.
package struct PipelineConfiguration: ConfigurationDocument {
    /// Our own key, which diffusers leaves alone: the guidance scale that the model's authors recommend.
    package let guidanceScale: Float
    /// Parts that the pipeline names and that it could do without.
    package let optionalParts: [String]

    private enum CodingKeys: String, CodingKey {
        case guidanceScale = "_default_guidance_scale"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guidanceScale = try values.value(.guidanceScale, default: 7.5)
        let parts = try decoder.singleValueContainer().decode([String: JSONValue].self)
        optionalParts = ["safety_checker", "feature_extractor", "image_encoder"].filter { Self.isPart(parts[$0]) }
    }

    /// `["diffusers", "UNet2DConditionModel"]`, or `[null, null]` for a part that is not there.
    private static func isPart(_ value: JSONValue?) -> Bool {
        guard case .texts(let names) = value else { return false }
        return names.contains { $0 != nil }
    }
}

extension PipelineConfiguration {
    package static let document = "model_index.json"

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        for part in ["text_encoder_2", "text_encoder_3", "transformer", "prior"] {
            try require(
                !isPart(values[part]),
                "this is a pipeline with \(part), expected one without\(inVersions)")
        }
    }

    package func check() throws(ConfigurationError) {
        try Self.require("_default_guidance_scale", guidanceScale, in: 0...100)
    }
}
