import Quant

/// What can be wrong with a checkpoint beyond the safetensors format itself (`FormatError`). Every description is one
/// line that names the file.
enum ConvertError: Error, Equatable {
    case notADiffusersFolder(path: String)
    case missingFile(folder: String, wanted: String)
    case pickle(file: String)
    case badConfig(file: String, reason: String)
    case missingTensors(file: String, first: String, count: Int)
    case unknownTensors(file: String, first: String, count: Int)
    case sameTensorTwice(file: String, tensor: String)
    case wrongShape(file: String, tensor: String, expected: [Int], found: [Int])
    case badTokenizer(file: String, reason: String)
    case badBlock(Int)
    case interrupted
}

extension ConvertError: CustomStringConvertible {
    var description: String {
        switch self {
        case .notADiffusersFolder(let path):
            "\(path): not a diffusers folder (a folder with model_index.json, unet/, vae/, text_encoder/, tokenizer/, "
                + "scheduler/); a single-file checkpoint becomes one with "
                + "StableDiffusionPipeline.from_single_file(…).save_pretrained(…)"
        case .missingFile(let folder, let wanted):
            "\(folder): \(wanted) is missing"
        case .pickle(let file):
            "\(file): pickled weights can run any code when they are opened and are not read; use a safetensors "
                + "checkpoint, or make one with StableDiffusionPipeline.from_pretrained(…).save_pretrained(…, "
                + "safe_serialization=True)"
        case .badConfig(let file, let reason):
            "\(file): \(reason)"
        case .missingTensors(let file, let first, let count):
            "\(file): tensor '\(first)' is missing" + (count > 1 ? ", and \(count - 1) more" : "")
        case .unknownTensors(let file, let first, let count):
            "\(file): tensor '\(oneLine(first))' does not belong to the architecture in config.json"
                + (count > 1 ? ", and \(count - 1) more" : "")
        case .sameTensorTwice(let file, let tensor):
            "\(file): tensor '\(tensor)' is there twice, under an old and a new name"
        case .wrongShape(let file, let tensor, let expected, let found):
            "\(file): tensor '\(tensor)' has the shape \(found) where config.json asks for \(expected)"
        case .badTokenizer(let file, let reason):
            "\(file): \(reason)"
        case .badBlock(let block):
            "--block \(block): the block size is a multiple of 16 from 16 to 65536"
        case .interrupted:
            "interrupted; nothing was kept"
        }
    }
}
