import Architecture
import Quant

/// A whole checkpoint of Stable Diffusion 1 or 2 in one safetensors file with the names of LDM.
struct SingleFile {
    let texts: CheckpointTexts
    let weights: [Component: any NamedWeights]
    let notes: [String]

    /// - Parameters:
    ///   - averaged: take the averages over the training (EMA) instead of the weights at its end
    ///   - prediction: what the U-Net predicts, if somebody knows better than the file
    ///   - isTurbo: whether it is known to be SD-Turbo, which no tensor tells
    ///   - hasOtherVAE: another autoencoder takes the place of the file's, which may then have none
    /// - Throws: `ConvertError`, `FormatError`
    init(path: String, averaged: Bool, prediction: Prediction?, isTurbo: Bool, hasOtherVAE: Bool) throws {
        let file = LDMFile(stored: try SafetensorsFile(path: path))
        try SingleFile.checkKind(file)
        guard !averaged || file.contains(prefix: LDMWeights.averages + "diffusion_model") else {
            throw ConvertError.badLayout(
                file: path, reason: "--ema: no tensor's name begins with '\(LDMWeights.averages)diffusion_model'")
        }
        let textEncoder = try LDMTextEncoder(file)
        let version = textEncoder.spelling == .openCLIP ? Version.two : .one
        let sampling = try Sampling(file.stored, version: version, asked: prediction, isTurbo: isTurbo)
        let unet = try LDMUNet(file)
        var made = [
            PipelineConfiguration.document: Array(SingleFileTexts.pipeline(sampling, version).utf8),
            UNetConfiguration.document: Array(SingleFileTexts.unet(unet, sampling, version).utf8),
            TextEncoderConfiguration.document: Array(SingleFileTexts.textEncoder(textEncoder, version).utf8),
            "scheduler/scheduler_config.json": Array(SingleFileTexts.scheduler(sampling, version).utf8),
        ].merging(try SingleFileTexts.tokenizer(version)) { $1 }
        var weights: [Component: any NamedWeights] = [
            .textEncoder: LDMWeights(file, textEncoder), .unet: LDMWeights(file, unet, averaged: averaged),
        ]
        if !hasOtherVAE {
            guard file.contains(prefix: LDMVAE.prefix) else {
                throw ConvertError.badLayout(
                    file: path,
                    reason: "no autoencoder ('\(LDMVAE.prefix)…'); take one from elsewhere with --vae")
            }
            let vae = try LDMVAE(file, prefix: LDMVAE.prefix)
            let size = SingleFileTexts.pictureSize(sampling, version)
            made[VAEConfiguration.document] = Array(SingleFileTexts.vae(vae, pictureSize: size).utf8)
            weights[.vae] = LDMWeights(file, vae)
        }
        if let licence = file.stored.metadata["modelspec.license"], !licence.isEmpty {
            made["LICENSE.txt"] = Array("license: \(oneLine(licence)) (from the checkpoint's metadata)\n".utf8)
        }
        texts = CheckpointTexts(file: path, made: made)
        self.weights = weights
        notes =
            ["this is \(version.rawValue); it predicts \(sampling.prediction.rawValue): \(sampling.reason)"]
            + SingleFile.leftOut(
                file, averaged: averaged,
                used: [LDMUNet.prefix, textEncoder.spelling.rawValue]
                    + (hasOtherVAE ? [LDMVAE.prefix] : LDMVAE.parts.map { LDMVAE.prefix + $0 }))
    }

    private static func checkKind(_ file: LDMFile) throws(ConvertError) {
        if let kind = OtherKinds.kind(of: file) { throw .unsupportedKind(file: file.path, kind: kind) }
        guard !file.contains(prefix: LDMUNet.prefix) else { return }
        let names = file.stored.entries.keys
        let first = names.min().map { "; the first of \(names.count) is '\(oneLine($0))'" } ?? ""
        throw .badLayout(
            file: file.path, reason: "no tensor's name begins with '\(LDMUNet.prefix)', as in Stable Diffusion\(first)")
    }

    /// Says what the file has besides.
    /// - Parameter used: what the names of the networks' tensors begin with
    private static func leftOut(_ file: LDMFile, averaged: Bool, used: [String]) -> [String] {
        var notes: [String] = []
        if !averaged && file.contains(prefix: LDMWeights.averages) {
            notes.append("it also has averages over the training, which --ema takes instead")
        }
        let known = used + [LDMWeights.averages] + Sampling.marks
        let others = file.stored.entries.keys.filter { !known.contains(where: $0.hasPrefix) }.sorted()
        if !others.isEmpty {
            let shown = others.prefix(3).map { "'\(oneLine($0))'" }.joined(separator: ", ")
            notes.append(
                "it has \(others.count) tensors that are not used: \(shown)" + (others.count > 3 ? ", …" : ""))
        }
        return notes
    }
}
