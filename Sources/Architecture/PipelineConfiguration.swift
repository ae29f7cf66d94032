/// `model_index.json` of diffusers' `StableDiffusionPipeline` or `LatentConsistencyModelPipeline`.
package struct PipelineConfiguration: ConfigurationDocument {
    /// Our own keys, which diffusers leaves alone.
    package let recommendation: Recommendation
    /// What the pipeline was loaded as when diffusers wrote this, such as `stabilityai/sd-turbo`.
    package let origin: String?
    /// Parts that the pipeline names and that it could do without.
    package let optionalParts: [String]

    package init(from decoder: any Decoder) throws {
        recommendation = try Recommendation(from: decoder)
        let parts = try decoder.singleValueContainer().decode([String: JSONValue].self)
        optionalParts = ["safety_checker", "feature_extractor", "image_encoder"].filter { Self.isPart(parts[$0]) }
        if case .text(let name) = parts["_name_or_path"] { origin = name } else { origin = nil }
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
        try recommendation.check(in: Self.self)
    }
}
