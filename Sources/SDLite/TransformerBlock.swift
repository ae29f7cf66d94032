import Kernels

/// diffusers' Transformer2DModel (models/transformers/transformer_2d.py) with its one BasicTransformerBlock:
/// self-attention, cross-attention to the text, GEGLU feed-forward, each around a residual.
struct SpatialTransformer {
    private let norm: GroupNorm
    private let projectIn: Linear
    private let block: TransformerBlock
    private let projectOut: Linear
    private let compute: Compute

    init(_ weights: Weights, channels: Int, heads: Int, contextChannels: Int, groups: Int) throws(ModelError) {
        compute = weights.compute
        norm = try GroupNorm(weights["norm"], channels: channels, groups: groups, epsilon: 1e-6)
        projectIn = try Linear(weights["proj_in"], inputs: channels, outputs: channels)
        block = try TransformerBlock(
            weights["transformer_blocks"][0], channels: channels, heads: heads, contextChannels: contextChannels)
        projectOut = try Linear(weights["proj_out"], inputs: channels, outputs: channels)
    }

    func forgetPrompt() { block.forgetPrompt() }

    /// Works in place on `x` where that has the whole batch.
    /// - Parameters:
    ///   - x: `[batch, height, width, channels]`, or `[1, height, width, channels]` for all prompts alike
    ///   - encoderHiddenStates: `[batch, tokens, contextChannels]`
    func callAsFunction(_ x: Tensor, encoderHiddenStates: Tensor) throws -> Tensor {
        let h = try block(
            compute.stored(projectIn(norm(FeatureMap(x)))), encoderHiddenStates: encoderHiddenStates)
        let out = x.shape[0] < h.shape[0] ? compute.repeated(x, h.shape[0]) : x
        try projectOut(h, addingTo: out)
        return out
    }
}

struct TransformerBlock {
    private let compute: Compute
    private let norm1, norm2, norm3: LayerNorm
    private let selfAttention, crossAttention: Attention
    private let feedForward: FeedForward

    init(_ weights: Weights, channels: Int, heads: Int, contextChannels: Int) throws(ModelError) {
        compute = weights.compute
        norm1 = try LayerNorm(weights["norm1"], channels: channels)
        selfAttention = try Attention(weights["attn1"], channels: channels, heads: heads)
        norm2 = try LayerNorm(weights["norm2"], channels: channels)
        crossAttention = try Attention(
            weights["attn2"], channels: channels, heads: heads, contextChannels: contextChannels)
        norm3 = try LayerNorm(weights["norm3"], channels: channels)
        feedForward = try FeedForward(weights["ff"]["net"], channels: channels)
    }

    func forgetPrompt() { crossAttention.forgetPrompt() }

    /// May work in place on `x`. What `x` has of a batch before the prompts first come in, it may have once.
    func callAsFunction(_ x: Tensor, encoderHiddenStates: Tensor) throws -> Tensor {
        try selfAttention(norm1(x), addingTo: x)
        let prompts = encoderHiddenStates.shape[0]
        let h = x.shape[0] < prompts ? compute.repeated(x, prompts) : x
        try crossAttention(norm2(h), context: encoderHiddenStates, addingTo: h)
        try feedForward(norm3(h), addingTo: h)
        return h
    }
}

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

/// GEGLU feed-forward (Shazeer 2020; diffusers models/attention.py): 4× as wide inside.
struct FeedForward {
    private let up, down: Linear

    init(_ weights: Weights, channels: Int) throws(ModelError) {
        up = try Linear(weights[0]["proj"], inputs: channels, outputs: 8 * channels)
        down = try Linear(weights[2], inputs: 4 * channels, outputs: channels)
    }

    /// In stripes of rows, because the inside is four times as wide as `x`.
    func callAsFunction(_ x: Tensor, addingTo residual: Tensor) throws {
        for first in stride(from: 0, to: x.rows, by: Self.stripe) {
            let rows = first..<min(x.rows, first + Self.stripe)
            try down(up.gated(x.rows(rows)), addingTo: residual.rows(rows))
        }
    }

    private static let stripe = 1024
}
