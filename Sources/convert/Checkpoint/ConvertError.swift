import Quant

/// What can be wrong with a checkpoint beyond the safetensors format itself (`FormatError`). Every description is one
/// line that names the file.
enum ConvertError: Error, Equatable {
    case notACheckpoint(path: String)
    case badLayout(file: String, reason: String)
    case unsupportedKind(file: String, kind: String)
    case notAnAutoencoder(path: String)
    case notATinyAutoencoder(path: String)
    case missingFile(folder: String, wanted: String)
    case pickle(file: String, omittedBy: String? = nil)
    case badConfig(file: String, reason: String)
    case missingTensors(file: String, first: String, count: Int)
    case unknownTensors(file: String, first: String, count: Int)
    case sameTensorTwice(file: String, tensor: String)
    case wrongShape(file: String, tensor: String, expected: [Int], found: [Int])
    case badTokenizer(file: String, reason: String)
    case badBlock(Int)
    case badLoRA(file: String, reason: String)
    case onlyForSingleFiles(option: String, instead: String)
    case interrupted
}

extension ConvertError: CustomStringConvertible {
    var description: String {
        switch self {
        case .notACheckpoint(let path):
            "\(path): neither a diffusers folder (a folder with model_index.json, unet/, vae/, text_encoder/, "
                + "tokenizer/, scheduler/) nor a safetensors file"
        case .badLayout(let file, let reason):
            "\(file): \(reason)"
        case .unsupportedKind(let file, let kind):
            "\(file): this is \(kind); what can be converted are whole checkpoints of Stable Diffusion 1.x and 2.x "
                + "that make pictures from text"
        case .notAnAutoencoder(let path):
            "\(path): not an autoencoder: neither a folder with config.json and weights nor a safetensors file with "
                + "tensors whose names begin with 'encoder.' or 'first_stage_model.encoder.'"
        case .notATinyAutoencoder(let path):
            "\(path): not a tiny autoencoder: neither a folder with config.json and weights nor one with "
                + "taesd_encoder.safetensors and taesd_decoder.safetensors, nor one of those two files"
        case .missingFile(let folder, let wanted):
            "\(folder): \(wanted) is missing"
        case .pickle(let file, let option):
            "\(file): pickled weights can run any code when they are opened and are not read; "
                + (option.map { "leave them out with \($0), or " } ?? "") + rescue
        case .badConfig(let file, let reason), .badLoRA(let file, let reason):
            "\(file): \(reason)"
        case .missingTensors(let file, let first, let count):
            "\(file): tensor '\(oneLine(first))' is missing" + (count > 1 ? ", and \(count - 1) more" : "")
        case .unknownTensors(let file, let first, let count):
            "\(file): tensor '\(oneLine(first))' does not belong to the architecture"
                + (count > 1 ? ", and \(count - 1) more" : "")
        case .sameTensorTwice(let file, let tensor):
            "\(file): tensor '\(tensor)' is there twice, under an old and a new name"
        case .wrongShape(let file, let tensor, let expected, let found):
            "\(file): tensor '\(tensor)' has the shape \(brief(found)) where the architecture asks for \(expected)"
        case .badTokenizer(let file, let reason):
            "\(file): \(reason)"
        case .badBlock(let block):
            "--block \(block): the block size is a multiple of 16 from 16 to 65536"
        case .onlyForSingleFiles(let option, let instead):
            "\(option) is for single files; in a folder \(instead)"
        case .interrupted:
            "interrupted; nothing was kept"
        }
    }
}

/// Makes a safetensors file of a pickled one without running what else it may hold.
private let rescue =
    "save them as safetensors first: python3 -c \"import torch, safetensors.torch as s; "
    + "d = torch.load('model.ckpt', map_location='cpu', weights_only=True); d = d.get('state_dict', d); "
    + "s.save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, 'model.safetensors')\""
