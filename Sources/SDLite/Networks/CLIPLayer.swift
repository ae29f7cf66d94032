import Kernels

/// CLIP's transformer layer (transformers models/clip/modeling_clip.py, CLIPEncoderLayer): self-attention and a two-layer
/// perceptron, each after a norm and around a residual.
struct CLIPLayer {
    private let compute: Compute
    private let norm1, norm2: LayerNorm
    private let query, key, value, out, up, down: Linear
    private let heads: Int
    private let quickGelu: Bool
    private let causal: Bool

    /// - Parameters:
    ///   - activation: `quick_gelu` or `gelu`
    ///   - causal: whether a token attends to itself and those before it only, as in texts
    init(
        _ weights: Weights, channels: Int, heads: Int, activation: String, epsilon: Float, causal: Bool
    ) throws(ModelError) {
        let attention = weights["self_attn"]
        compute = weights.compute
        norm1 = try LayerNorm(weights["layer_norm1"], channels: channels, epsilon: epsilon)
        query = try Linear(attention["q_proj"], inputs: channels, outputs: channels)
        key = try Linear(attention["k_proj"], inputs: channels, outputs: channels)
        value = try Linear(attention["v_proj"], inputs: channels, outputs: channels)
        out = try Linear(attention["out_proj"], inputs: channels, outputs: channels)
        norm2 = try LayerNorm(weights["layer_norm2"], channels: channels, epsilon: epsilon)
        up = try Linear(weights["mlp"]["fc1"], inputs: channels)
        down = try Linear(weights["mlp"]["fc2"], inputs: up.weight.outputs, outputs: channels)
        self.heads = heads
        quickGelu = activation == "quick_gelu"
        self.causal = causal
    }

    /// Works in place on `x`.
    func callAsFunction(_ x: Tensor) throws {
        let normed = try norm1(x)
        let keysAndValues = try compute.keysAndValues(
            heads: heads, key: { try key(normed) }, value: { try value(normed) })
        let attended = try compute.attention(query: query(normed), keysAndValues, causal: causal)
        try out(attended, addingTo: x)
        let hidden = try up(norm2(x))
        if quickGelu { compute.quickGelu(hidden) } else { compute.gelu(hidden) }
        try down(hidden, addingTo: x)
    }
}
