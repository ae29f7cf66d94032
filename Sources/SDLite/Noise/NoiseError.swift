import FoundationEssentials

/// Why noise cannot be drawn.
public enum NoiseError: LocalizedError, Equatable, CustomStringConvertible {
    /// A negative number of values, or more than one call draws.
    case badCount(Int, most: Int)

    public var description: String {
        switch self {
        case .badCount(let count, let most): "\(count) random numbers cannot be drawn at once, only 0 to \(most)"
        }
    }

    public var errorDescription: String? { description }
}
