import FoundationEssentials

/// What can be wrong with a model file whose bytes are sound, or with what is asked of it.
public enum ModelError: LocalizedError, Equatable, CustomStringConvertible {
    case missingDocument(String)
    case badDocument(String, reason: String)
    case missingTensor(String)
    case wrongShape(tensor: String, found: [Int], expected: String)
    case wrongScheme(tensor: String, found: String, expected: String)
    case unusedTensors(first: String, count: Int)
    case badSize(width: Int, height: Int, multiple: Int)
    case badLatents(found: [Int], expected: [Int])
    case latentsNotFinite
    case badHiddenStates(found: [Int], channels: Int)
    case badTimesteps
    case badOption(String)
    /// Bytes.
    case notEnoughMemory(limit: Int, needed: Int)

    public var description: String {
        switch self {
        case .missingDocument(let name): "the model has no \(name): convert it again"
        case .badDocument(let name, let reason): "\(name) in the model: \(reason)"
        case .missingTensor(let name): "the model lacks the tensor \(name): convert it again from a complete checkpoint"
        case .wrongShape(let tensor, let found, let expected):
            "tensor \(tensor) has shape \(found), expected \(expected)"
        case .wrongScheme(let tensor, let found, let expected):
            "tensor \(tensor) is stored as \(found), expected \(expected)"
        case .unusedTensors(let first, let count):
            "the model has \(count) tensors that this engine has no use for, the first is \(first)"
        case .badSize(let width, let height, let multiple):
            "\(width)×\(height) is not a picture size: width and height must be positive multiples of \(multiple)"
        case .badLatents(let found, let expected): "the latents have shape \(found), expected \(expected)"
        case .latentsNotFinite: "the latents hold a NaN or an infinity"
        case .badHiddenStates(let found, let channels):
            "the text encoder's hidden states have shape \(found), expected [prompts, tokens, \(channels)]"
        case .badTimesteps: "timesteps must be numbers from 0 to 100000, at least one, and a step one of them"
        case .badOption(let message): message
        case .notEnoughMemory(let limit, let needed):
            "\(limit / 1_000_000) MB of memory are not enough for this picture: at least "
                + "\(needed / 1_000_000 + 1) MB are needed"
        }
    }

    public var errorDescription: String? { description }
}
