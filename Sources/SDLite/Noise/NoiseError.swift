import FoundationEssentials

/// Why noise cannot be drawn.
public enum NoiseError: LocalizedError, Equatable, CustomStringConvertible {
    case badCount(Int, most: Int)

    public var description: String {
        switch self {
        case .badCount(let count, let most): "\(count) random numbers cannot be drawn at once, only 0 to \(most)"
        }
    }

    public var errorDescription: String? { description }
}
