import FoundationEssentials

/// What can be wrong with a model file whose bytes are sound, or with what is asked of it.
public enum ModelError: LocalizedError, Equatable, CustomStringConvertible {
    /// A configuration or a list of the tokenizer that is not in the file.
    case missingDocument(String)
    /// A configuration that this engine cannot run, or that is no JSON.
    case badDocument(String, reason: String)
    /// A tensor that the configuration asks for and the file does not have.
    case missingTensor(String)
    /// A tensor whose shape does not follow from the configuration.
    case wrongShape(tensor: String, found: [Int], expected: String)
    /// A tensor that is stored in another way than its layer can read.
    case wrongScheme(tensor: String, found: String, expected: String)
    /// Tensors that no layer asked for: the configuration is that of another model.
    case unusedTensors(first: String, count: Int)
    /// A width or height, in pixels, that is not a positive multiple of 8, or is larger than 8192.
    case badSize(width: Int, height: Int, multiple: Int)
    /// Latents whose channels, number or size are not the expected ones.
    case badLatents(found: [Int], expected: [Int])
    /// A NaN or an infinity among the latents given.
    case latentsNotFinite
    /// Pictures that cannot be encoded, said in a sentence.
    case badPictures(String)
    /// Not `[prompts, tokens, channels]` with as many channels as the U-Net reads.
    case badHiddenStates(found: [Int], channels: Int)
    /// No timesteps, one outside 0…100,000, or a step that is not among them.
    case badTimesteps
    /// A LoRA that is none for the model, said in a sentence.
    case badLoRA(file: String, reason: String)
    /// An option without sense, said in a sentence.
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
        case .badLoRA(let file, let reason): "\(file): \(reason)"
        case .badPictures(let message), .badOption(let message): message
        case .notEnoughMemory(let limit, let needed):
            "\(limit / 1_000_000) MB of memory are not enough for this picture: at least "
                + "\(needed / 1_000_000 + 1) MB are needed"
        }
    }

    public var errorDescription: String? { description }
}
