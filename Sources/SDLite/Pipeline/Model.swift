import Architecture
import Kernels
import Quant

/// A model file, opened and checked: what it holds, and the parts of the pipeline made from it.
public final class Model: Sendable {
    package let file: WeightFile
    /// `scheduler_config.json` as it came with the checkpoint.
    public let schedulerConfiguration: [UInt8]
    let stream: WeightStream
    let configurations: Configurations
    /// The picture size that the checkpoint was trained for, in pixels.
    public let defaultSize: Int
    /// The guidance scale that is recommended for the model, or 7.5 as in diffusers.
    public let defaultGuidanceScale: Float
    /// The number of steps that is recommended for the model, or 50 as in diffusers.
    public let defaultSteps: Int
    /// The name of the scheduler that is recommended, if it is another than the checkpoint's.
    let recommendedScheduler: String?
    /// Whether the U-Net was distilled to be told the guidance scale: it is then evaluated once a step, without the
    /// negative prompt.
    public let embedsGuidance: Bool

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
        let recommendation = try Self.recommendation(in: file) ?? configurations.pipeline.recommendation
        defaultGuidanceScale = recommendation.guidanceScale ?? 7.5
        defaultSteps = recommendation.steps ?? 50
        recommendedScheduler = recommendation.scheduler
        embedsGuidance = configurations.unet.timeCondProjDim != nil
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
    /// - Parameter compute: where it computes; by default on every core, apart from the other parts
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for, `MachineError`
    public func textEncoder(on compute: Compute? = nil) throws -> TextEncoder {
        defer { stream.endStage() }
        return try TextEncoder(
            weights(of: .textEncoder, on: compute ?? Compute()), configuration: configurations.textEncoder)
    }

    /// The U-Net, its weights left in the file.
    /// - Parameter compute: where it computes; by default on every core, apart from the other parts
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for, `MachineError`
    public func unet(on compute: Compute? = nil) throws -> UNet {
        defer { stream.endStage() }
        return try UNet(
            weights(of: .unet, on: compute ?? Compute()), configuration: configurations.unet,
            contextChannels: configurations.textEncoder.hiddenSize)
    }

    /// The autoencoder, its weights left in the file.
    /// - Parameter compute: where it computes; by default on every core, apart from the other parts
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for, `MachineError`
    public func vae(on compute: Compute? = nil) throws -> VAE {
        defer { stream.endStage() }
        let compute = try compute ?? Compute()
        return try VAE(
            decoder: weights(of: .vae, on: compute), encoder: weights(of: .vae, on: compute),
            configuration: configurations.vae)
    }

    /// The tiny autoencoder, its weights left in the file; nil if the model has none.
    /// - Parameter compute: where it computes; by default on every core, apart from the other parts
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for, `MachineError`
    public func tinyVAE(on compute: Compute? = nil) throws -> TinyVAE? {
        guard let configuration = configurations.tinyVAE else { return nil }
        defer { stream.endStage() }
        let compute = try compute ?? Compute()
        return try TinyVAE(
            decoder: weights(of: .tinyVAE, on: compute), encoder: weights(of: .tinyVAE, on: compute),
            configuration: configuration)
    }

    /// Whether it has a tiny autoencoder.
    var hasTinyVAE: Bool { configurations.tinyVAE != nil }

    /// The safety checker, its weights left in the file; nil if the model has none.
    /// - Parameter compute: where it computes; by default on every core, apart from the other parts
    /// - Throws: `ModelError` unless the file has exactly the tensors that the configuration asks for, `MachineError`
    public func safetyChecker(on compute: Compute? = nil) throws -> SafetyChecker? {
        guard let (network, images) = configurations.safetyChecker else { return nil }
        defer { stream.endStage() }
        return try SafetyChecker(
            weights(of: .safetyChecker, on: compute ?? Compute()), configuration: network, images: images)
    }

    /// A part's tensors, to be claimed. Reading the small ones touches pages, which are given back at the end
    /// (`stream.endStage`).
    private func weights(of component: Component, on compute: Compute) -> Weights {
        Weights(file: file, stream: stream, component: component, compute: compute)
    }

    private static func document(_ name: String, in file: WeightFile) throws -> [UInt8] {
        guard file.hasDocument(name) else { throw ModelError.missingDocument(name) }
        return try file.document(name)
    }

    private static func configurations(in file: WeightFile) throws -> Configurations {
        try checked { try Configurations(has: file.hasDocument) { try document($0, in: file) } }
    }

    /// nil in files of older converters, and where nothing is recommended.
    private static func recommendation(in file: WeightFile) throws -> Recommendation? {
        guard file.hasDocument(Recommendation.document) else { return nil }
        return try checked { try Recommendation(json: document(Recommendation.document, in: file)) }
    }

    private static func checked<Result>(_ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let error as ConfigurationError {
            throw ModelError.badDocument(error.document, reason: error.reason)
        }
    }
}
