import Architecture
import Kernels

/// CLIP's text transformer (Radford et al. 2021; transformers models/clip/modeling_clip.py, CLIPTextModel).
public struct TextEncoder: Sendable {
    private let compute: Compute
    private let tokenEmbedding: EmbeddingTable
    private let positionEmbedding: EmbeddingTable
    private let layers: [Layer]
    private let finalNorm: LayerNorm
    let footprint: WeightFootprint
    /// The width of the hidden states.
    public let channels: Int

    init(_ weights: Weights, configuration: TextEncoderConfiguration) throws(ModelError) {
        compute = weights.compute
        channels = configuration.hiddenSize
        tokenEmbedding = try weights["embeddings"]["token_embedding"]["weight"].table(channels: channels)
        positionEmbedding = try weights["embeddings"]["position_embedding"]["weight"].table(channels: channels)
        layers = try (0..<configuration.layers).map { index throws(ModelError) in
            try Layer(weights["encoder"]["layers"][index], configuration: configuration)
        }
        finalNorm = try LayerNorm(
            weights["final_layer_norm"], channels: channels, epsilon: configuration.normEpsilon)
        try weights.requireAllClaimed()
        footprint = weights.footprint
    }

    /// The hidden states after the final norm, `[prompts, tokens, channels]`.
    /// - Parameter tokens: the ids of every prompt, all of one length (77 for Stable Diffusion)
    public func callAsFunction(_ tokens: [[Int]]) throws -> Tensor {
        let length = tokens.first?.count ?? 0
        guard length > 0, length <= positionEmbedding.rows, tokens.allSatisfy({ $0.count == length }) else {
            throw ModelError.badOption("prompts must have 1 to \(positionEmbedding.rows) tokens each, all alike")
        }
        guard tokens.allSatisfy({ $0.allSatisfy { (0..<tokenEmbedding.rows).contains($0) } }) else {
            throw ModelError.badOption("token ids must be below the text encoder's \(tokenEmbedding.rows)")
        }
        return try compute.finite("the text encoder") { try encode(tokens) }
    }

    private func encode(_ tokens: [[Int]]) throws -> Tensor {
        let embedded = tokenEmbedding(tokens.flatMap { $0 })
        compute.add(positionEmbedding(tokens.flatMap { $0.indices }), to: embedded)
        let x = Tensor([tokens.count, tokens[0].count, channels], values: embedded.values)
        for layer in layers { try layer(x) }
        return try finalNorm(x)
    }

    /// CLIPEncoderLayer: causal self-attention and a two-layer perceptron, each after a norm and around a residual.
    private struct Layer {
        private let compute: Compute
        private let norm1, norm2: LayerNorm
        private let query, key, value, out, up, down: Linear
        private let heads: Int
        private let quickGelu: Bool

        init(_ weights: Weights, configuration: TextEncoderConfiguration) throws(ModelError) {
            let channels = configuration.hiddenSize
            let attention = weights["self_attn"]
            compute = weights.compute
            norm1 = try LayerNorm(weights["layer_norm1"], channels: channels, epsilon: configuration.normEpsilon)
            query = try Linear(attention["q_proj"], inputs: channels, outputs: channels)
            key = try Linear(attention["k_proj"], inputs: channels, outputs: channels)
            value = try Linear(attention["v_proj"], inputs: channels, outputs: channels)
            out = try Linear(attention["out_proj"], inputs: channels, outputs: channels)
            norm2 = try LayerNorm(weights["layer_norm2"], channels: channels, epsilon: configuration.normEpsilon)
            up = try Linear(weights["mlp"]["fc1"], inputs: channels)
            down = try Linear(weights["mlp"]["fc2"], inputs: up.weight.outputs, outputs: channels)
            heads = configuration.heads
            quickGelu = configuration.activation == "quick_gelu"
        }

        /// Works in place on `x`.
        func callAsFunction(_ x: Tensor) throws {
            let normed = try norm1(x)
            let keysAndValues = try compute.keysAndValues(
                heads: heads, key: { try key(normed) }, value: { try value(normed) })
            let attended = try compute.attention(query: query(normed), keysAndValues, causal: true)
            try out(attended, addingTo: x)
            let hidden = try up(norm2(x))
            if quickGelu { compute.quickGelu(hidden) } else { compute.gelu(hidden) }
            try down(hidden, addingTo: x)
        }
    }
}
