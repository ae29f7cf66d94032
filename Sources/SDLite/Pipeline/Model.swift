import FoundationEssentials
import Kernels
import Quant

/// A model file, opened and checked: what it holds, and the parts of the pipeline made from it.
public final class Model: Sendable {
    package let file: WeightFile
    /// `scheduler_config.json` as it came with the checkpoint.
    public let schedulerConfiguration: [UInt8]
    let stream: WeightStream
    private let unetConfiguration: UNetConfiguration
    private let vaeConfiguration: VAEConfiguration
    private let textConfiguration: TextEncoderConfiguration
    /// The picture size that the checkpoint was trained for, in pixels.
    public let defaultSize: Int
    /// The guidance scale that the model's authors recommend, or 7.5 as in diffusers.
    public let defaultGuidanceScale: Float

    /// - Parameter path: an `.sdq` file made by `sd-lite-convert`
    /// - Throws: `FormatError` if its bytes are unsound, `ModelError` if it is no model that this engine runs
    public init(path: String) throws {
        file = try WeightFile(path: path)
        stream = WeightStream(file: file)
        schedulerConfiguration = try Self.document("scheduler/scheduler_config.json", in: file)
        let pipeline: PipelineConfiguration = try Self.decode("model_index.json", in: file)
        unetConfiguration = try Self.decode("unet/config.json", in: file)
        vaeConfiguration = try Self.decode("vae/config.json", in: file)
        textConfiguration = try Self.decode("text_encoder/config.json", in: file)
        try pipeline.validate()
        try unetConfiguration.validate()
        try vaeConfiguration.validate()
        try textConfiguration.validate()
        defaultGuidanceScale = pipeline.guidanceScale
        defaultSize = (unetConfiguration.sampleSize ?? 64) * vaeConfiguration.scale
    }

    public func tokenizer() throws -> Tokenizer {
        try Tokenizer(
            tokens: Self.document("tokenizer/tokens.txt", in: file),
            merges: Self.document("tokenizer/merges.txt", in: file))
    }

    public func textEncoder(on compute: Compute) throws -> TextEncoder {
        try TextEncoder(
            Weights(file: file, stream: stream, component: "text_encoder", compute: compute),
            configuration: textConfiguration)
    }

    public func unet(on compute: Compute) throws -> UNet {
        try UNet(
            Weights(file: file, stream: stream, component: "unet", compute: compute), configuration: unetConfiguration,
            contextChannels: textConfiguration.hiddenSize)
    }

    public func vae(on compute: Compute) throws -> VAE {
        try VAE(
            Weights(file: file, stream: stream, component: "vae", compute: compute), configuration: vaeConfiguration)
    }

    private static func document(_ name: String, in file: WeightFile) throws -> [UInt8] {
        guard file.hasDocument(name) else { throw ModelError.missingDocument(name) }
        return try file.document(name)
    }

    private static func decode<T: Decodable>(_ name: String, in file: WeightFile) throws -> T {
        let bytes = try document(name, in: file)
        do {
            return try JSONDecoder().decode(T.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ModelError.badDocument(name, reason: error.summary)
        }
    }
}

extension DecodingError {
    /// The offending key and what was wrong with it, on one line.
    var summary: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            return key.isEmpty ? context.debugDescription : "\(key): \(context.debugDescription)"
        @unknown default:
            return "not as expected"
        }
    }
}
