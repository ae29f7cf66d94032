import Architecture
import Kernels
import Quant

/// A model file, opened and checked: what it holds, and the parts of the pipeline made from it.
public final class Model: Sendable {
    package let file: WeightFile
    /// `scheduler_config.json` as it came with the checkpoint.
    public let schedulerConfiguration: [UInt8]
    let stream: WeightStream
    private let configurations: Configurations
    /// The picture size that the checkpoint was trained for, in pixels.
    public let defaultSize: Int
    /// The guidance scale that the model's authors recommend, or 7.5 as in diffusers.
    public let defaultGuidanceScale: Float

    /// More than what configurations, the tokenizer's tables and the small parameters take.
    private static let arrayBytes = 24 << 20

    /// - Parameter path: an `.sdq` file made by `sd-lite-convert`
    /// - Throws: `FormatError` if its bytes are unsound, `ModelError` if it is no model that this engine runs,
    ///   `MachineError` if there is no room for it
    public init(path: String) throws {
        file = try WeightFile(path: path)
        try Compute.requireAddressSpace(Self.arrayBytes)
        stream = WeightStream(file: file)
        schedulerConfiguration = try Self.document("scheduler/scheduler_config.json", in: file)
        configurations = try Self.configurations(in: file)
        defaultGuidanceScale = configurations.pipeline.guidanceScale
        defaultSize = (configurations.unet.sampleSize ?? 64) * configurations.vae.scale
    }

    /// The tokenizer of this model's vocabulary.
    /// - Throws: `TokenizerError`, `ModelError` for a file that does not name the padding, or `FormatError` for damaged
    ///   bytes
    public func tokenizer() throws -> Tokenizer {
        try Tokenizer(
            tokens: Self.document("tokenizer/tokens.txt", in: file),
            merges: Self.document("tokenizer/merges.txt", in: file), padToken: padToken())
    }

    /// What fills prompts up. Converters that knew Stable Diffusion 1 only wrote nothing about it, but took models of
    /// version 2 nevertheless, which have another text encoder.
    private func padToken() throws -> String? {
        let name = "tokenizer/pad_token.txt"
        guard file.hasDocument(name) || configurations.textEncoder.activation != "quick_gelu" else { return nil }
        let line = try Self.document(name, in: file).prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line.prefix(100), as: UTF8.self)
    }

    /// The text encoder, its weights left in the file.
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for
    public func textEncoder(on compute: Compute) throws -> TextEncoder {
        try TextEncoder(
            Weights(file: file, stream: stream, component: .textEncoder, compute: compute),
            configuration: configurations.textEncoder)
    }

    /// The U-Net, its weights left in the file.
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for
    public func unet(on compute: Compute) throws -> UNet {
        try UNet(
            Weights(file: file, stream: stream, component: .unet, compute: compute),
            configuration: configurations.unet,
            contextChannels: configurations.textEncoder.hiddenSize)
    }

    /// The autoencoder's decoder, its weights left in the file.
    /// - Throws: `ModelError` unless the file has the tensors that the configuration asks for
    public func vae(on compute: Compute) throws -> VAE {
        try VAE(
            Weights(file: file, stream: stream, component: .vae, compute: compute), configuration: configurations.vae)
    }

    /// The safety checker, its weights left in the file; nil if the model has none.
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for
    public func safetyChecker(on compute: Compute) throws -> SafetyChecker? {
        guard let (network, images) = configurations.safetyChecker else { return nil }
        return try SafetyChecker(
            Weights(file: file, stream: stream, component: .safetyChecker, compute: compute), configuration: network,
            images: images)
    }

    private static func document(_ name: String, in file: WeightFile) throws -> [UInt8] {
        guard file.hasDocument(name) else { throw ModelError.missingDocument(name) }
        return try file.document(name)
    }

    private static func configurations(in file: WeightFile) throws -> Configurations {
        do {
            return try Configurations(has: file.hasDocument) { try document($0, in: file) }
        } catch let error as ConfigurationError {
            throw ModelError.badDocument(error.document, reason: error.reason)
        }
    }
}
