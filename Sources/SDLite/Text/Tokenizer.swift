/// CLIP's tokenizer: text to the 77 token ids that the text encoder reads. It gives the same ids as transformers 5
/// (models/clip/tokenization_clip.py, by way of the tokenizers library): canonical composition, lower case, splitting
/// into words, and byte-pair encoding of each word's UTF-8 bytes.
public struct Tokenizer: Sendable {
    /// Ids of one prompt, ready for the text encoder.
    public struct Encoding: Equatable, Sendable {
        /// Start, at most 75 tokens, end, padding: always `Tokenizer.length` ids.
        public let ids: [Int]
        /// What did not fit, spelled as diffusers' warning spells it; nil if everything did.
        public let truncatedText: String?
    }

    /// Ids in an encoding, as CLIP was trained.
    public static let length = 77

    /// The id that every encoding begins with.
    public let startID: Int
    /// The id behind the last token of the text.
    public let endID: Int
    /// The id that fills an encoding up to `length`.
    public let padID: Int
    let vocabulary: TokenizerVocabulary
    /// Spellings that are one token wherever in a text they stand.
    private let specialTokens: [(spelling: [Unicode.Scalar], id: Int)]

    /// - Parameters:
    ///   - tokens: every token's spelling, one a line, in the order of the ids (GPT-2's byte alphabet, `</w>` at the
    ///     end of words, and the special tokens `<|startoftext|>` and `<|endoftext|>`)
    ///   - merges: `a b` a line, the most frequent first; a first line `#version…` is skipped
    ///   - padToken: fills the encoding up; the end token by default, as in Stable Diffusion 1. Another one, such as
    ///     the `!` of Stable Diffusion 2, becomes a special token: in a text it stands for itself, joined to nothing
    /// - Throws: `TokenizerError` if the lists do not fit each other
    public init(tokens: [UInt8], merges: [UInt8], padToken: String? = nil) throws {
        vocabulary = try TokenizerVocabulary(tokens: tokens, merges: merges)
        (startID, endID) = (vocabulary.startID, vocabulary.endID)
        padID = try padToken.map(vocabulary.id) ?? endID
        var specialTokens = [
            (spelling: WordSplitter.Special.start.spelling, id: startID),
            (spelling: WordSplitter.Special.end.spelling, id: endID),
        ]
        if let padToken, padID != endID { specialTokens.append((Array(padToken.unicodeScalars), padID)) }
        self.specialTokens = specialTokens
    }

    /// The ids of a text. Any text can be encoded; what exceeds 75 tokens is dropped.
    public func encode(_ text: String) -> Encoding {
        let tokens = tokenize(text)
        let room = Self.length - 2
        let kept = [startID] + tokens.prefix(room) + [endID]
        return Encoding(
            ids: kept + Array(repeating: padID, count: Self.length - kept.count),
            truncatedText: tokens.count > room ? vocabulary.decode(tokens.dropFirst(room)) : nil)
    }

    /// The ids of a text, as many as it has, without start and end.
    func tokenize(_ text: String) -> [Int] {
        var ids: [Int] = []
        for part in splitAtSpecialTokens(text) {
            switch part {
            case .special(let id): ids.append(id)
            case .text(let scalars):
                for word in splitIntoWords(normalize(scalars)) { ids += vocabulary.encode(word: word) }
            }
        }
        return ids
    }

    private enum Part {
        case text([Unicode.Scalar])
        case special(Int)
    }

    /// The special tokens count only as they are spelled: in upper case they are ordinary text.
    private func splitAtSpecialTokens(_ text: String) -> [Part] {
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var (start, i) = (0, 0)
        while i < scalars.count {
            guard let special = specialTokens.first(where: { scalars[i...].starts(with: $0.spelling) }) else {
                i += 1
                continue
            }
            if start < i { parts.append(.text(Array(scalars[start..<i]))) }
            parts.append(.special(special.id))
            i += special.spelling.count
            start = i
        }
        if start < scalars.count { parts.append(.text(Array(scalars[start...]))) }
        return parts
    }
}
