import SDLite

/// What can be wrong with the files that options name, and with what options ask for, beyond what the library finds.
enum CommandError: Error, CustomStringConvertible {
    case latentShape(file: String, shape: [Int])
    case badDocument(file: String, document: String, reason: String)
    case tooManyPixels(width: Int, height: Int, limit: Int)

    var description: String {
        switch self {
        case .latentShape(let file, let shape):
            "\(file): the latents have shape \(shape), expected [count, 4, height/8, width/8]"
        case .badDocument(let file, let document, let reason):
            "\(file): \(document): \(reason)"
        case .tooManyPixels(let width, let height, let limit):
            "\(width)×\(height) is too large: --width times --height may be \(limit) pixels at most"
        }
    }
}

/// An error of the library with the option that helps.
struct AdvisedError: Error, CustomStringConvertible {
    let description: String

    /// - Returns: `error` itself if there is nothing to add
    static func advising(_ error: any Error) -> any Error {
        switch error {
        case ModelError.notEnoughMemory(_, let needed):
            let least = "\(needed / 1_000_000 + 1)M"
            return Self(description: "\(error); try a smaller picture, --vae-tiling, or --memory-limit \(least)")
        case SchedulerError.stepCount:
            return Self(description: "\(error) with --steps")
        case SchedulerError.timestepBeyondTraining, SchedulerError.unusableNoiseLevels:
            return Self(description: "\(error) (--steps, --scheduler)")
        case SchedulerError.missingClassName, SchedulerError.unknownClass, SchedulerError.unsupportedOption:
            return Self(description: "\(error) (--scheduler)")
        case ModelError.badSize:
            return Self(description: "\(error) (--width, --height)")
        default:
            return error
        }
    }
}
