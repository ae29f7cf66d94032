import FoundationEssentials

/// What can be wrong with the tokenizer in a model file.
public enum TokenizerError: LocalizedError, Equatable, CustomStringConvertible {
    case missingToken(String)
    case duplicateToken(String)
    case badMerge(line: Int)
    case badPadding(id: Int, count: Int)

    public var description: String {
        switch self {
        case .missingToken(let token):
            "tokenizer/tokens.txt in the model: the token \(token.debugDescription) is missing: convert the model again"
        case .duplicateToken(let token):
            "tokenizer/tokens.txt in the model: the token \(token.debugDescription) is listed twice"
        case .badMerge(let line):
            "tokenizer/merges.txt in the model: line \(line) is not two tokens separated by one space"
        case .badPadding(let id, let count):
            "tokenizer in the model: padding id \(id) is not among the \(count) tokens"
        }
    }

    public var errorDescription: String? { description }
}
