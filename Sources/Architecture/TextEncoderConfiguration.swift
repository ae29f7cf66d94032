import Quant

/// `text_encoder/config.json` of transformers' `CLIPTextModel`; absent keys take the defaults of its `CLIPTextConfig`
/// (models/clip/configuration_clip.py).
package struct TextEncoderConfiguration: ConfigurationDocument, Equatable {
    package let vocabularySize: Int
    package let hiddenSize: Int
    package let intermediateSize: Int
    package let layers: Int
    package let heads: Int
    package let positions: Int
    package let activation: String
    package let normEpsilon: Float

    private enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size", hiddenSize = "hidden_size", intermediateSize = "intermediate_size"
        case layers = "num_hidden_layers", heads = "num_attention_heads", positions = "max_position_embeddings"
        case activation = "hidden_act", normEpsilon = "layer_norm_eps"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        vocabularySize = try values.value(.vocabularySize, default: 49_408)
        hiddenSize = try values.value(.hiddenSize, default: 512)
        intermediateSize = try values.value(.intermediateSize, default: 2048)
        layers = try values.value(.layers, default: 12)
        heads = try values.value(.heads, default: 8)
        positions = try values.value(.positions, default: 77)
        activation = try values.value(.activation, default: "quick_gelu")
        normEpsilon = try values.value(.normEpsilon, default: 1e-5)
    }
}

extension TextEncoderConfiguration {
    package static let document = Component.textEncoder.document

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        if case .texts(let classes) = values["architectures"], let first = classes.first {
            try requireClass("architectures", first.map(JSONValue.text), "CLIPTextModel")
        } else {
            try requireClass("model_type", values["model_type"], "clip_text_model")
        }
    }

    package func check() throws(ConfigurationError) {
        try Self.require("vocab_size", vocabularySize, in: 1...10_000_000)
        try Self.require("max_position_embeddings", positions, in: 77...largestWidth)  // a prompt has 77 tokens
        try Self.requireTransformer(
            hiddenSize: hiddenSize, intermediateSize: intermediateSize, layers: layers, heads: heads,
            activation: activation, normEpsilon: normEpsilon)
    }
}
