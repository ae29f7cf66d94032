import Kernels

/// Prompts on their way to the U-Net: text to token ids to hidden states.
public struct PromptEncoder: Sendable {
    /// Text to token ids.
    public let tokenizer: Tokenizer
    /// Token ids to hidden states.
    public let textEncoder: TextEncoder

    /// Prompts as the U-Net reads them.
    public struct Encoding: Sendable {
        /// `[texts, tokens, channels]`
        public let hiddenStates: Tensor
        /// What the tokenizer had to drop, text by text.
        public let truncated: [String]
    }

    /// - Parameters:
    ///   - texts: at least one
    ///   - loras: added to the text encoder
    /// - Throws: `ModelError`, `CancellationError`
    public func callAsFunction(_ texts: [String], loras: [LoRA] = []) throws -> Encoding {
        let encodings = texts.map(tokenizer.encode)
        return Encoding(
            hiddenStates: try textEncoder(encodings.map(\.ids), loras: loras),
            truncated: encodings.compactMap(\.truncatedText))
    }
}
