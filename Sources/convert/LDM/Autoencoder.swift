import Architecture
import Quant

/// An autoencoder by itself, to take the place of a checkpoint's own: a diffusers folder with config.json, or a
/// safetensors file with diffusers' names or those of LDM.
struct Autoencoder {
    /// Its config.json, which a file without one gets from its tensors.
    let document: [UInt8]
    /// Where the document comes from, as errors name it.
    let place: String
    let weights: any NamedWeights

    /// - Throws: `ConvertError`, `FormatError`
    init(path: String) throws {
        let path = withoutSlash(path)
        if isFile(path) {
            guard !isPickle(path) else { throw ConvertError.pickle(file: path) }
            place = "\(path) (config.json)"
            let file = LDMFile(stored: try SafetensorsFile(path: path))
            if file.contains(prefix: "encoder.down_blocks.") {
                let vae = try LDMVAE(file, prefix: "", blocks: "down_blocks", resnets: "resnets")
                document = Array(SingleFileTexts.vae(vae).utf8)
                weights = try DiffusersWeights(.vae, file: path)
                return
            }
            let prefix = file.contains(prefix: LDMVAE.prefix) ? LDMVAE.prefix : ""
            guard file.contains(prefix: prefix + "encoder.down.") else {
                throw ConvertError.notAnAutoencoder(path: path)
            }
            let vae = try LDMVAE(file, prefix: prefix)
            document = Array(SingleFileTexts.vae(vae).utf8)
            weights = LDMWeights(file, vae)
        } else {
            place = path + "/config.json"
            guard isFile(place) else { throw ConvertError.notAnAutoencoder(path: path) }
            document = try readConfig(place)
            weights = try DiffusersWeights(.vae, folder: path)
        }
    }
}
