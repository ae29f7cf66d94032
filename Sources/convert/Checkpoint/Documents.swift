import Architecture
import FoundationEssentials
import Quant

/// The texts that travel inside the model file.
enum Documents {
    static func collect(
        _ texts: CheckpointTexts, _ configurations: Configurations, _ recommendation: Recommendation
    ) throws -> [(name: String, contents: [UInt8])] {
        var documents: [(name: String, contents: [UInt8])] = []
        for name in configurations.documents + ["scheduler/scheduler_config.json"] {
            guard texts.contains(name) else { throw ConvertError.missingFile(folder: texts.root, wanted: name) }
            documents.append((name, try texts.read(name)))
        }
        let tokenizer = try TokenizerFiles(texts)
        let vocabularySize = configurations.textEncoder.vocabularySize
        guard tokenizer.tokens.count <= vocabularySize else {
            throw ConvertError.badTokenizer(
                file: texts.path("tokenizer"),
                reason: "\(tokenizer.tokens.count) tokens, but the text encoder's vocab_size is \(vocabularySize)")
        }
        guard tokenizer.tokens.contains(tokenizer.padToken) else {
            throw ConvertError.badTokenizer(
                file: texts.path("tokenizer"), reason: "pad_token '\(tokenizer.padToken)' is none of the tokens")
        }
        documents.append(("tokenizer/tokens.txt", lines(tokenizer.tokens)))
        documents.append(("tokenizer/merges.txt", lines(tokenizer.merges)))
        documents.append(("tokenizer/pad_token.txt", lines([tokenizer.padToken])))
        let config = "tokenizer/tokenizer_config.json"
        if texts.contains(config) { documents.append((config, try texts.read(config))) }
        if !recommendation.isEmpty {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            documents.append((Recommendation.document, Array(try encoder.encode(recommendation))))
        }
        documents.append(("LICENSE.txt", try licence(texts)))
        return documents
    }

    /// Every licence and notice at the top of the checkpoint; else the line of the model card that names the licence.
    private static func licence(_ texts: CheckpointTexts) throws -> [UInt8] {
        let names = texts.namesAtTheTop.filter { name in
            let upper = name.uppercased()
            return upper.hasPrefix("LICEN") || upper.hasPrefix("NOTICE")
        }
        if !names.isEmpty {
            return try names.map(texts.read).joined(separator: Array("\n\n".utf8)).map { $0 }
        }
        for card in ["README.md", "README"] where texts.contains(card) {
            let text = String(decoding: try texts.read(card), as: UTF8.self)
            let line = text.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("license:") }
            if let line { return Array("\(line) (from the checkpoint's \(card))\n".utf8) }
        }
        return Array("No licence was found in the checkpoint that this file was converted from.\n".utf8)
    }

    private static func lines(_ texts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts {
            bytes += text.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
