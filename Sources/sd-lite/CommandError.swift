import Quant
import SDLite

/// What can be wrong with the files that options name, and with what options ask for, beyond what the library finds.
enum CommandError: Error, CustomStringConvertible {
    case latentShape(file: String, shape: [Int])
    case badDocument(file: String, document: String, reason: String)
    case tooManyPixels(width: Int, height: Int, limit: Int)
    case noModelsFolder
    /// None was named, and there is not exactly one to take.
    case noModelChosen(folder: String?, models: [String])
    case unknownModel(String, folder: String?, models: [String])
    case ambiguousModel(String, models: [String])
    /// A folder or single file that is still to be converted.
    case checkpointAsModel(String)
    case folderAsModel(String)

    var description: String {
        switch self {
        case .latentShape(let file, let shape):
            "\(file): the latents have shape \(shape), expected [count, 4, height/8, width/8]"
        case .badDocument(let file, let document, let reason):
            "\(file): \(document): \(reason)"
        case .tooManyPixels(let width, let height, let limit):
            "\(width)×\(height) is too large: --width times --height may be \(limit) pixels at most"
        case .noModelsFolder:
            "there is no models folder: SDLITE_MODELS must name it where HOME is not set"
        case .noModelChosen(let folder, let models):
            models.isEmpty
                ? "no model was named, and there is none in \(Self.place(folder)): get one with sd-lite pull OWNER/NAME, "
                    + "or name a file with --model FILE.sdq"
                : "no model was named: choose one with --model or SDLITE_MODEL; there are \(Self.list(models))"
        case .unknownModel(let name, let folder, let models):
            "\(oneLine(name)): neither a file nor a model in \(Self.place(folder))"
                + (models.isEmpty ? "; sd-lite pull OWNER/NAME gets one" : ", where there are \(Self.list(models))")
        case .ambiguousModel(let name, let models):
            "\(oneLine(name)) is the name of several models: say \(Self.list(models))"
        case .checkpointAsModel(let path):
            "\(oneLine(path)) is a checkpoint and no model file yet: make one with sd-lite-convert "
                + "\(shellWord(path)) -o \(shellWord(Self.modelName(path)))"
        case .folderAsModel(let path):
            "\(oneLine(path)) is a folder without model_index.json, where an .sdq file is expected"
        }
    }

    private static func place(_ folder: String?) -> String { folder.map(oneLine) ?? "a models folder" }

    /// At most ten.
    private static func list(_ models: [String]) -> String {
        models.prefix(10).map(oneLine).joined(separator: ", ") + (models.count > 10 ? ", …" : "")
    }

    /// `sd-v1-4.sdq` for `models/sd-v1-4/` and for `sd-v1-4.safetensors`.
    private static func modelName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? "model"
        let dot = isFolder(path) ? nil : last.lastIndex(of: ".")
        return last[..<(dot ?? last.endIndex)] + ".sdq"
    }
}

/// As a shell wants it typed, on one line.
func shellWord(_ text: String) -> String {
    let text = oneLine(text)
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "+")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "@"):
            true
        default: false
        }
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
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
        case SchedulerError.missingClassName, SchedulerError.unknownClass, SchedulerError.unsupportedOption,
            SchedulerError.noSigmaSpacing:
            return Self(description: "\(error) (--scheduler)")
        case ModelError.badSize:
            return Self(description: "\(error) (--width, --height)")
        default:
            return error
        }
    }
}
