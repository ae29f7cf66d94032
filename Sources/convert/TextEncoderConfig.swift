import Quant

/// What `text_encoder/config.json` says about names and shapes; absent keys have the defaults of transformers'
/// `CLIPTextConfig` (models/clip/configuration_clip.py).
struct TextEncoderConfig: Decodable {
    let vocabularySize: Int
    let hiddenSize: Int
    let intermediateSize: Int
    let layers: Int
    let heads: Int
    let positions: Int

    enum Key: String, CodingKey {
        case vocabularySize = "vocab_size", hiddenSize = "hidden_size", intermediateSize = "intermediate_size"
        case layers = "num_hidden_layers", heads = "num_attention_heads", positions = "max_position_embeddings"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        vocabularySize = try values.decodeIfPresent(Int.self, forKey: .vocabularySize) ?? 49_408
        hiddenSize = try values.decodeIfPresent(Int.self, forKey: .hiddenSize) ?? 512
        intermediateSize = try values.decodeIfPresent(Int.self, forKey: .intermediateSize) ?? 2048
        layers = try values.decodeIfPresent(Int.self, forKey: .layers) ?? 12
        heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? 8
        positions = try values.decodeIfPresent(Int.self, forKey: .positions) ?? 77
    }

    func check(file: String) throws(ConvertError) {
        try require((1...128).contains(layers), file, "num_hidden_layers is not in 1...128")
        for size in [hiddenSize, intermediateSize, positions] {
            try require((1...65_536).contains(size), file, "a size is not in 1...65536")
        }
        try require((1...10_000_000).contains(vocabularySize), file, "vocab_size is not in 1...10000000")
        try require(heads >= 1 && hiddenSize % heads == 0, file, "hidden_size is not a multiple of the heads")
    }
}
