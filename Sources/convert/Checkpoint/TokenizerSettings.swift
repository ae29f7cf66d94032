import Architecture
import Quant

/// What a checkpoint's tokenizer_config.json and special_tokens_map.json say about how prompts are filled up and cut.
///
/// They are read as transformers does (`_from_pretrained` in tokenization_utils_base.py): what special_tokens_map.json
/// says comes first, unless the other file is of the newer kind that lists added tokens.
struct TokenizerSettings {
    /// The end token in Stable Diffusion 1, `!` in 2.
    let padToken: String

    private static let knownPadTokens = ["<|endoftext|>", "!"]
    /// A number from here on says that there is no limit: transformers writes 1e30.
    private static let unlimited = 1e20

    /// - Throws: `ConvertError.badTokenizer` for what the engine does not do
    init(_ texts: CheckpointTexts) throws {
        func read(_ name: String) throws -> File? {
            guard texts.contains(name) else { return nil }
            return try decodeJSON(File.self, from: texts.read(name), file: texts.path(name))
        }
        let config = "tokenizer/tokenizer_config.json"
        let map = "tokenizer/special_tokens_map.json"
        let (newer, older) = (try read(config), try read(map))

        switch newer?.model_max_length {
        case nil, .null, .number(77), .number(Self.unlimited...): break
        case .some(let length):
            throw ConvertError.badTokenizer(
                file: texts.path(config),
                reason: "model_max_length is \(length), expected 77, as in Stable Diffusion 1 and 2")
        }
        let isOlder = newer?.added_tokens_decoder == nil && older?.pad_token != nil
        padToken = (isOlder ? older : newer)?.pad_token?.content ?? Self.knownPadTokens[0]
        guard Self.knownPadTokens.contains(padToken) else {
            throw ConvertError.badTokenizer(
                file: texts.path(isOlder ? map : config),
                reason: "pad_token is '\(oneLine(padToken))', expected '<|endoftext|>' or '!', as in "
                    + "Stable Diffusion 1 and 2")
        }
    }

    private struct File: Decodable {
        struct Ignored: Decodable {}
        let pad_token: Token?
        let added_tokens_decoder: Ignored?
        let model_max_length: JSONValue?
    }

    /// "<|endoftext|>", or an object with that as its content.
    private struct Token: Decodable {
        let content: String

        private enum CodingKeys: CodingKey { case content }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                content = text
            } else {
                content = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .content)
            }
        }
    }
}
