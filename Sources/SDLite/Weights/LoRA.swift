import Architecture
import Kernels

/// A low-rank adaptation of a model, such as a style or a figure (Hu et al. 2021, arXiv 2106.09685): small matrices that
/// are computed beside those of the text encoder and the U-Net. The model stays as it is, and the same LoRA can be used
/// in different strength from one picture to the next.
///
///     var lora = try LoRA(path: "watercolour.safetensors", model: model)
///     lora.scale = 0.7
///     options.loras = [lora]
public struct LoRA: Sendable {
    /// The file's name without its folder and `.safetensors`.
    public let name: String
    /// How much of it is added: 1 is as it was trained, 0 nothing, and below 0 the opposite.
    public var scale: Float
    /// The memory that it takes, as 16-bit floats.
    public let byteCount: Int
    /// What is added at a scale of 1, by the name of the layer's weights.
    private let layers: [String: LowRank]
    // What decides whether it fits.
    fileprivate let textEncoder: TextEncoderConfiguration
    fileprivate let unet: UNetConfiguration

    /// - Parameter configurations: of the model that it is for
    init(path: String, _ configurations: Configurations, scale: Float) throws {
        do {
            let file = try configurations.lora(path: path)
            byteCount = file.layers.reduce(0) { $0 + 2 * $1.elementCount }
            try Compute.requireAddressSpace(byteCount)
            layers = try Dictionary(uniqueKeysWithValues: file.layers.map { ($0.tensor.name, try LowRank($0)) })
        } catch let error as LoRAError {
            throw ModelError.badLoRA(file: error.file, reason: error.reason)
        }
        let last = path.split(separator: "/").last ?? ""
        name = String(last.hasSuffix(".safetensors") ? last.dropLast(".safetensors".count) : last)
        self.scale = scale
        (textEncoder, unet) = (configurations.textEncoder, configurations.unet)
    }

    fileprivate var scaled: [String: LowRank] {
        scale == 0
            ? [:]
            : layers.mapValues {
                var lowRank = $0
                lowRank.scale *= scale
                return lowRank
            }
    }
}

extension [LoRA] {
    /// What all of them together add to the text encoder, by the names of its weights.
    /// - Throws: `ModelError.badLoRA`, `.badOption`
    func lowRanks(_ configuration: TextEncoderConfiguration) throws(ModelError) -> [String: [LowRank]] {
        try lowRanks(fitting: { $0.textEncoder == configuration })
    }

    /// What all of them together add to the U-Net, by the names of its weights.
    /// - Throws: `ModelError.badLoRA`, `.badOption`
    func lowRanks(_ configuration: UNetConfiguration) throws(ModelError) -> [String: [LowRank]] {
        try lowRanks(fitting: { $0.unet == configuration })
    }

    private func lowRanks(fitting fits: (LoRA) -> Bool) throws(ModelError) -> [String: [LowRank]] {
        for lora in self {
            guard fits(lora) else {
                throw .badLoRA(file: lora.name, reason: "it was read for a model of another architecture")
            }
            guard lora.scale.isFinite else {
                throw .badOption("the scale of the LoRA \(lora.name) must be a finite number, not \(lora.scale)")
            }
        }
        return reduce(into: [:]) { sum, lora in sum.merge(lora.scaled.mapValues { [$0] }) { $0 + $1 } }
    }
}
