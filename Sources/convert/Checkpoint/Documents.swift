import Architecture
import FoundationEssentials
import Quant

/// The texts that travel inside the model file.
enum Documents {
    static func collect(_ folder: CheckpointFolder) throws -> [(name: String, contents: [UInt8])] {
        var documents: [(name: String, contents: [UInt8])] = []
        for name in folder.configurations.documents + ["scheduler/scheduler_config.json"] {
            guard isFile(folder.path(name)) else { throw ConvertError.missingFile(folder: folder.root, wanted: name) }
            documents.append((name, try readConfig(folder.path(name))))
        }
        let tokenizer = try TokenizerFiles(folder)
        let vocabularySize = folder.configurations.textEncoder.vocabularySize
        guard tokenizer.tokens.count <= vocabularySize else {
            throw ConvertError.badTokenizer(
                file: folder.path("tokenizer"),
                reason: "\(tokenizer.tokens.count) tokens, but the text encoder's vocab_size is \(vocabularySize)")
        }
        documents.append(("tokenizer/tokens.txt", lines(tokenizer.tokens)))
        documents.append(("tokenizer/merges.txt", lines(tokenizer.merges)))
        let config = "tokenizer/tokenizer_config.json"
        if isFile(folder.path(config)) { documents.append((config, try readConfig(folder.path(config)))) }
        documents.append(("LICENSE.txt", try licence(folder)))
        return documents
    }

    /// Every licence and notice at the top of the folder; else the line of the model card that names the licence.
    private static func licence(_ folder: CheckpointFolder) throws -> [UInt8] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.root)) ?? []
        let texts = names.sorted().filter { name in
            let upper = name.uppercased()
            return (upper.hasPrefix("LICEN") || upper.hasPrefix("NOTICE")) && isFile(folder.path(name))
        }
        if !texts.isEmpty {
            return try texts.map { try readConfig(folder.path($0)) }.joined(separator: Array("\n\n".utf8)).map { $0 }
        }
        for card in ["README.md", "README"] where isFile(folder.path(card)) {
            let text = String(decoding: try readConfig(folder.path(card)), as: UTF8.self)
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
