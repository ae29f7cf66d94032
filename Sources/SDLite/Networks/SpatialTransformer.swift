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

    /// Works in place on `x` where that has the whole batch.
    /// - Parameters:
    ///   - x: `[batch, height, width, channels]`, or `[1, height, width, channels]` for all prompts alike
    ///   - conditioning: with as many prompts as the batch has images
    func callAsFunction(_ x: Tensor, _ conditioning: Conditioning.Step) throws -> Tensor {
        let h = try block(compute.stored(projectIn(norm(FeatureMap(x)))), conditioning)
        let out = x.shape[0] < h.shape[0] ? try compute.repeated(x, h.shape[0]) : x
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

    /// May work in place on `x`. What `x` has of a batch before the prompts first come in, it may have once.
    func callAsFunction(_ x: Tensor, _ conditioning: Conditioning.Step) throws -> Tensor {
        try selfAttention(norm1(x), addingTo: x)
        let h = x.shape[0] < conditioning.prompts ? try compute.repeated(x, conditioning.prompts) : x
        try crossAttention(norm2(h), to: conditioning, addingTo: h)
        try feedForward(norm3(h), addingTo: h)
        return h
    }
}
