import Kernels

/// Multi-head attention (diffusers models/attention_processor.py) with its projections.
struct Attention {
    private let compute: Compute
    private let toQuery, toKey, toValue, toOut: Linear
    private let heads: Int
    private let path: String

    /// - Parameter contextChannels: of the prompt; nil for self-attention
    init(_ weights: Weights, channels: Int, heads: Int, contextChannels: Int? = nil) throws(ModelError) {
        compute = weights.compute
        toQuery = try Linear(weights["to_q"], inputs: channels, outputs: channels)
        toKey = try Linear(weights["to_k"], inputs: contextChannels ?? channels, outputs: channels)
        toValue = try Linear(weights["to_v"], inputs: contextChannels ?? channels, outputs: channels)
        toOut = try Linear(weights["to_out"][0], inputs: channels, outputs: channels)
        self.heads = heads
        path = weights.path
    }

    /// - Parameters:
    ///   - x: `[batch, ..., channels]`
    ///   - prompts: what to attend to; by default `x` itself
    ///   - residual: what the result is added to
    func callAsFunction(_ x: Tensor, to prompts: Conditioning.Step? = nil, addingTo residual: Tensor) throws {
        let context = try prompts?.keysAndValues(of: path, project: keysAndValues) ?? keysAndValues(of: x)
        try toOut(compute.attention(query: toQuery(x), context), addingTo: residual)
    }

    private func keysAndValues(of context: Tensor) throws -> KeysAndValues {
        try compute.keysAndValues(
            heads: heads, asIntegers: compute.multipliesIntegers(toKey.weight), key: { try toKey(context) },
            value: { try toValue(context) })
    }
}
