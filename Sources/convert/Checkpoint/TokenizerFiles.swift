import Quant

/// A byte-level BPE tokenizer as plain lists, from `vocab.json` and `merges.txt` or from `tokenizer.json`.
struct TokenizerFiles {
    /// By id.
    let tokens: [String]
    /// "a b", the most important first.
    let merges: [String]
    /// What prompts are filled up with.
    let padToken: String

    init(_ texts: CheckpointTexts) throws {
        padToken = try TokenizerSettings(texts).padToken
        let vocabulary = "tokenizer/vocab.json"
        let merges = "tokenizer/merges.txt"
        let single = "tokenizer/tokenizer.json"
        if texts.contains(vocabulary) && texts.contains(merges) {
            let file = texts.path(vocabulary)
            let ids = try decodeJSON([String: Int].self, from: texts.read(vocabulary), file: file)
            tokens = try TokenizerFiles.byID(ids, file: file)
            let text = String(decoding: try texts.read(merges), as: UTF8.self)
            var lines = text.split(whereSeparator: \.isNewline).map(String.init)
            if lines.first?.contains("#version:") == true { lines.removeFirst() }
            self.merges = try TokenizerFiles.checked(lines, file: texts.path(merges))
        } else if texts.contains(single) {
            let file = texts.path(single)
            let tokenizer = try decodeJSON(TokenizerJSON.self, from: texts.read(single), file: file)
            guard tokenizer.model.type ?? "BPE" == "BPE" else {
                throw ConvertError.badTokenizer(file: file, reason: "the tokenizer is not of the BPE type")
            }
            var ids = tokenizer.model.vocab
            for token in tokenizer.added_tokens ?? [] { ids[token.content] = token.id }
            tokens = try TokenizerFiles.byID(ids, file: file)
            self.merges = try TokenizerFiles.checked(tokenizer.model.merges.map(\.text), file: file)
        } else {
            throw ConvertError.missingFile(
                folder: texts.path("tokenizer"), wanted: "vocab.json with merges.txt, or tokenizer.json,")
        }
    }

    private static func byID(_ ids: [String: Int], file: String) throws -> [String] {
        var tokens = [String](repeating: "", count: ids.count)
        for (token, id) in ids {
            guard tokens.indices.contains(id), tokens[id].isEmpty, !token.isEmpty else {
                throw ConvertError.badTokenizer(
                    file: file, reason: "the ids are not 0 to \(ids.count - 1), each once; \(id) is one too many")
            }
            guard !token.utf8.contains(UInt8(ascii: "\n")) else {
                throw ConvertError.badTokenizer(file: file, reason: "token \(id) holds a line break")
            }
            tokens[id] = token
        }
        return tokens
    }

    private static func checked(_ merges: [String], file: String) throws -> [String] {
        for (index, merge) in merges.enumerated() {
            let parts = merge.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !merge.utf8.contains(UInt8(ascii: "\n")) else {
                throw ConvertError.badTokenizer(file: file, reason: "merge \(index + 1) is not two tokens")
            }
        }
        return merges
    }

    /// The part of Hugging Face tokenizers' `tokenizer.json` that a byte-level BPE needs.
    private struct TokenizerJSON: Decodable {
        struct Model: Decodable {
            let type: String?
            let vocab: [String: Int]
            let merges: [Merge]
        }
        struct AddedToken: Decodable {
            let id: Int
            let content: String
        }
        let model: Model
        let added_tokens: [AddedToken]?
    }

    /// "a b", or since tokenizers 0.20 ["a", "b"].
    private struct Merge: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else {
                self.text = try container.decode([String].self).joined(separator: " ")
            }
        }
    }
}
