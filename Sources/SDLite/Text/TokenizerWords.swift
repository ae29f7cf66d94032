@_spi(_Unicode) import Swift

/// Canonical composition (NFC), then lower case, each scalar for itself: a capital sigma at the end of a word becomes
/// "σ", not "ς" (tokenizers/src/tokenizer/normalizer.rs, `lowercase`). The tables behind the tokenizers library's NFC
/// are those of Unicode 9: marks that are newer neither move nor combine.
func normalize(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var composed: [Unicode.Scalar] = []
    var known = String.UnicodeScalarView()
    for scalar in scalars {
        if let age = scalar.properties.age, age.major <= 9 {
            known.append(scalar)
        } else {
            composed += String(known)._nfc
            composed.append(scalar)
            known.removeAll()
        }
    }
    composed += String(known)._nfc
    return composed.flatMap { $0.properties.lowercaseMapping.unicodeScalars }
}

/// The words of a text: contractions, runs of letters, single digits, and runs of whatever else is not white space.
func splitIntoWords(_ scalars: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
    var splitter = WordSplitter(scalars: scalars)
    var words: [ArraySlice<Unicode.Scalar>] = []
    while let range = splitter.next() { words.append(scalars[range]) }
    return words
}

/// Walks over a text as CLIP's regular expression does:
/// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`.
struct WordSplitter {
    enum Special {
        case start, end
        var spelling: [Unicode.Scalar] { self == .start ? Self.startSpelling : Self.endSpelling }
        private static let startSpelling = Array("<|startoftext|>".unicodeScalars)
        private static let endSpelling = Array("<|endoftext|>".unicodeScalars)
    }

    private enum Kind { case letter, number, space, other }

    private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

    private let scalars: [Unicode.Scalar]
    private let kinds: [Kind]
    private var position = 0
    /// Words found but not yet handed out.
    private var pending: [Range<Int>] = []

    init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        kinds = scalars.map(Self.kind)
    }

    static func special(at position: Int, in scalars: [Unicode.Scalar]) -> Special? {
        guard scalars[position] == "<" else { return nil }
        if scalars[position...].starts(with: Special.start.spelling) { return .start }
        if scalars[position...].starts(with: Special.end.spelling) { return .end }
        return nil
    }

    mutating func next() -> Range<Int>? {
        if !pending.isEmpty { return pending.removeFirst() }
        while position < scalars.count, kinds[position] == .space { position += 1 }
        guard position < scalars.count else { return nil }

        if let special = Self.special(at: position, in: scalars) {
            // The byte-level step after CLIP's expression splits this word once more, with GPT-2's expression.
            let end = take(special.spelling.count).upperBound
            let start = end - special.spelling.count
            pending = [start + 2..<end - 2, end - 2..<end]
            return start..<start + 2
        }
        if let contraction = Self.contractions.first(where: { scalars[position...].starts(with: $0) }) {
            return take(contraction.count)
        }
        let kind = kinds[position]
        if kind == .number { return take(1) }
        return take(kinds[position...].prefix { $0 == kind }.count)
    }

    private mutating func take(_ count: Int) -> Range<Int> {
        defer { position += count }
        return position..<position + count
    }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: scalar.properties.isWhitespace ? .space : .other
        }
    }
}
