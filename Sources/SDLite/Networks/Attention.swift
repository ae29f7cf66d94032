import Kernels

/// Multi-head attention (diffusers models/attention_processor.py) with its projections.
struct Attention {
    private let compute: Compute
    private let toQuery, toKey, toValue, toOut: Linear
    private let heads: Int
    private let prompt: PromptMemory?

    /// - Parameter contextChannels: of the prompt; nil for self-attention
    init(_ weights: Weights, channels: Int, heads: Int, contextChannels: Int? = nil) throws(ModelError) {
        compute = weights.compute
        toQuery = try Linear(weights["to_q"], inputs: channels, outputs: channels)
        toKey = try Linear(weights["to_k"], inputs: contextChannels ?? channels, outputs: channels)
        toValue = try Linear(weights["to_v"], inputs: contextChannels ?? channels, outputs: channels)
        toOut = try Linear(weights["to_out"][0], inputs: channels, outputs: channels)
        self.heads = heads
        prompt = contextChannels == nil ? nil : PromptMemory()
    }

    /// - Parameters:
    ///   - x: `[batch, ..., channels]`
    ///   - context: `[batch, ..., contextChannels]`, by default `x`
    ///   - residual: what the result is added to
    func callAsFunction(_ x: Tensor, context: Tensor? = nil, addingTo residual: Tensor) throws {
        let keysAndValues = try keysAndValues(of: context ?? x)
        try toOut(compute.attention(query: toQuery(x), keysAndValues), addingTo: residual)
    }

    func forgetPrompt() { prompt?.forget() }

    private func keysAndValues(of context: Tensor) throws -> KeysAndValues {
        if let known = prompt?.keysAndValues(of: context) { return known }
        let new = try compute.keysAndValues(
            heads: heads, key: { try toKey(context) }, value: { try toValue(context) })
        prompt?.remember(new, of: context)
        return new
    }
}

/// The keys and values of the latest prompt, which are the same in every step.
private final class PromptMemory {
    private var latest: (context: Tensor, keysAndValues: KeysAndValues)?

    func keysAndValues(of context: Tensor) -> KeysAndValues? {
        latest?.context === context ? latest?.keysAndValues : nil
    }

    func forget() { latest = nil }

    func remember(_ keysAndValues: KeysAndValues, of context: Tensor) { latest = (context, keysAndValues) }
}
