import Architecture
import Kernels

/// CLIP's text transformer (Radford et al. 2021; transformers models/clip/modeling_clip.py, CLIPTextModel).
public struct TextEncoder: Sendable {
    private let compute: Compute
    private let configuration: TextEncoderConfiguration
    private let tokenEmbedding: EmbeddingTable
    private let positionEmbedding: EmbeddingTable
    private let layers: [CLIPLayer]
    private let finalNorm: LayerNorm
    let footprint: WeightFootprint
    /// The width of the hidden states.
    public let channels: Int

    init(_ weights: Weights, configuration: TextEncoderConfiguration) throws(ModelError) {
        compute = weights.compute
        self.configuration = configuration
        channels = configuration.hiddenSize
        tokenEmbedding = try weights["embeddings"]["token_embedding"]["weight"].table(channels: channels)
        positionEmbedding = try weights["embeddings"]["position_embedding"]["weight"].table(channels: channels)
        layers = try (0..<configuration.layers).map { index throws(ModelError) in
            try CLIPLayer(
                weights["encoder"]["layers"][index], channels: configuration.hiddenSize, heads: configuration.heads,
                activation: configuration.activation, epsilon: configuration.normEpsilon, causal: true)
        }
        finalNorm = try LayerNorm(
            weights["final_layer_norm"], channels: channels, epsilon: configuration.normEpsilon)
        try weights.requireAllClaimed()
        footprint = weights.footprint
    }

    /// The hidden states after the final norm, `[prompts, tokens, channels]`.
    /// - Parameters:
    ///   - tokens: the ids of every prompt, all of one length (77 for Stable Diffusion)
    ///   - loras: added to the layers
    public func callAsFunction(_ tokens: [[Int]], loras: [LoRA] = []) throws -> Tensor {
        let length = tokens.first?.count ?? 0
        guard length > 0, length <= positionEmbedding.rows, tokens.allSatisfy({ $0.count == length }) else {
            throw ModelError.badOption("prompts must have 1 to \(positionEmbedding.rows) tokens each, all alike")
        }
        guard tokens.allSatisfy({ $0.allSatisfy { (0..<tokenEmbedding.rows).contains($0) } }) else {
            throw ModelError.badOption("token ids must be below the text encoder's \(tokenEmbedding.rows)")
        }
        return try compute.adding(loras.lowRanks(configuration)) {
            try compute.finite("the text encoder") { try encode(tokens) }
        }
    }

    private func encode(_ tokens: [[Int]]) throws -> Tensor {
        let embedded = tokenEmbedding(tokens.flatMap { $0 })
        compute.add(positionEmbedding(tokens.flatMap { $0.indices }), to: embedded)
        let x = Tensor([tokens.count, tokens[0].count, channels], values: embedded.values)
        for layer in layers { try layer(x) }
        return try finalNorm(x)
    }
}
