import Architecture
import Quant

/// A tiny autoencoder by itself, to be stored beside a checkpoint's own: a diffusers folder with config.json, or the two
/// files of the original code (github.com/madebyollin/taesd), `taesd_encoder.safetensors` and
/// `taesd_decoder.safetensors`.
struct TinyAutoencoder {
    /// Its config.json, which files without one get from their tensors.
    let document: [UInt8]
    /// Where the document comes from, as errors name it.
    let place: String
    let weights: any NamedWeights

    /// - Parameter path: the folder, or one of the two files, beside which the other one lies
    /// - Throws: `ConvertError`, `FormatError`
    init(path: String) throws {
        let path = withoutSlash(path)
        guard !isPickle(path) || !isFile(path) else { throw ConvertError.pickle(file: path) }
        if isFile(path + "/config.json") {
            place = path + "/config.json"
            document = try readConfig(place)
            weights = try DiffusersWeights(.tinyVAE, folder: path)
            return
        }
        let end = isFile(path) ? Self.halves.first { path.hasSuffix($0) } : nil
        let files = Self.halves.map { half in
            end.map { path.dropLast($0.count) + half } ?? "\(path)/taesd\(half)"
        }
        guard files.contains(where: isFile) else { throw ConvertError.notATinyAutoencoder(path: path) }
        for file in files where !isFile(file) {
            throw ConvertError.missingFile(folder: path, wanted: String(file.split(separator: "/").last ?? ""))
        }
        let sequences = TinySequences(
            encoder: LDMFile(stored: try SafetensorsFile(path: files[0])),
            decoder: LDMFile(stored: try SafetensorsFile(path: files[1])))
        document = Array(try sequences.configuration.utf8)
        place = "\(files[1]) (config.json)"
        weights = sequences
    }

    private static let halves = ["_encoder.safetensors", "_decoder.safetensors"]
}

/// The weights of a tiny autoencoder as the original code has them: two numbered sequences of layers. The first layer of
/// the decoder only limits its input, and is none of diffusers'.
struct TinySequences: NamedWeights {
    let encoder, decoder: LDMFile

    private static let decoderPrefix = Component.tinyVAE.tensor("decoder.layers.")
    private static let encoderPrefix = Component.tinyVAE.tensor("encoder.layers.")
    private static let firstDecoderLayer = 1

    /// As diffusers writes it.
    var configuration: String {
        get throws {
            let input = try decoder.shape("\(Self.firstDecoderLayer).weight", rank: 4)
            let width = try encoder.shape("0.weight", rank: 4)[0]
            let (encoderBlocks, decoderBlocks) = (blocks(of: encoder), blocks(of: decoder))
            return """
                {
                  "_class_name": "AutoencoderTiny",
                  "decoder_block_out_channels": \(decoderBlocks.map { _ in input[0] }),
                  "encoder_block_out_channels": \(encoderBlocks.map { _ in width }),
                  "latent_channels": \(input[1]),
                  "num_decoder_blocks": \(decoderBlocks),
                  "num_encoder_blocks": \(encoderBlocks)
                }
                """
        }
    }

    /// How many blocks lie between each convolution and the next.
    private func blocks(of file: LDMFile) -> [Int] {
        var stages: [Int] = []
        for layer in 0..<file.count(after: "") {
            if file.contains("\(layer).weight") {
                stages.append(0)
            } else if file.contains("\(layer).conv.0.weight"), !stages.isEmpty {
                stages[stages.count - 1] += 1
            }
        }
        return stages.dropLast()
    }

    func match(_ expected: [ExpectedTensors.Tensor]) throws -> [StoredTensor] {
        let places = expected.map { place(of: $0.name) }
        for file in [encoder, decoder] {
            let names = places.filter { $0.file.path == file.path }.map(\.name)
            let missing = names.filter { !file.contains($0) }
            if let first = missing.first {
                throw ConvertError.missingTensors(file: file.path, first: first, count: missing.count)
            }
            let unknown = Set(file.stored.entries.keys).subtracting(names)
            if let first = unknown.min() {
                throw ConvertError.unknownTensors(file: file.path, first: first, count: unknown.count)
            }
        }
        return try zip(expected, places).map { tensor, place in
            guard let entry = place.file.stored.entries[place.name] else {
                throw ConvertError.missingTensors(file: place.file.path, first: place.name, count: 1)
            }
            return try StoredTensor(tensor, in: place.file.stored, entry)
        }
    }

    private func place(of tensor: String) -> (file: LDMFile, name: String) {
        guard tensor.hasPrefix(Self.decoderPrefix) else {
            return (encoder, String(tensor.dropFirst(Self.encoderPrefix.count)))
        }
        let name = tensor.dropFirst(Self.decoderPrefix.count)
        let number = name.prefix { $0 != "." }
        return (decoder, "\((Int(number) ?? 0) + Self.firstDecoderLayer)\(name.dropFirst(number.count))")
    }
}
