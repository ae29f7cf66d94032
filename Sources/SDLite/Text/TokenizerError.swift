import FoundationEssentials

/// What can be wrong with the tokenizer in a model file.
public enum TokenizerError: LocalizedError, Equatable, CustomStringConvertible {
    /// A token that a byte, a merge or the end of a text needs, and that is not in the vocabulary.
    case missingToken(String)
    /// Two ids for one token.
    case duplicateToken(String)
    /// A line that is not two tokens with one space between them; lines count from 1.
    case badMerge(line: Int)

    public var description: String {
        switch self {
        case .missingToken(let token):
            "tokenizer/tokens.txt in the model: the token \(token.debugDescription) is missing: convert the model again"
        case .duplicateToken(let token):
            "tokenizer/tokens.txt in the model: the token \(token.debugDescription) is listed twice"
        case .badMerge(let line):
            "tokenizer/merges.txt in the model: line \(line) is not two tokens separated by one space"
        }
    }

    public var errorDescription: String? { description }
}
