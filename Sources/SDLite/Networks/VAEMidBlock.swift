import Architecture
import Kernels

/// UNetMidBlock2D of either half of the autoencoder: a resnet, self-attention, a resnet. Its maps are the smallest, and
/// are kept as floats.
struct VAEMidBlock {
    private let resnet1, resnet2: ResnetBlock
    private let attention: VAEAttention

    init(_ weights: Weights, channels: Int, _ c: VAEConfiguration) throws(ModelError) {
        resnet1 = try ResnetBlock(weights["resnets"][0], inputs: channels, outputs: channels, c)
        attention = try VAEAttention(weights["attentions"][0], channels: channels, c)
        resnet2 = try ResnetBlock(weights["resnets"][1], inputs: channels, outputs: channels, c)
    }

    /// Replaces `x`, so that nobody holds what is used up.
    func callAsFunction(_ x: inout FeatureMap) throws {
        x = FeatureMap(try attention(resnet1(x)))
        x = FeatureMap(try resnet2(x))
    }
}

/// The one self-attention: a single head over all positions.
private struct VAEAttention {
    private let norm: GroupNorm
    private let attention: Attention
    private let compute: Compute

    init(_ weights: Weights, channels: Int, _ c: VAEConfiguration) throws(ModelError) {
        compute = weights.compute
        norm = try GroupNorm(
            weights["group_norm"], channels: channels, groups: c.normGroups, epsilon: c.normEpsilon)
        attention = try Attention(weights, channels: channels, heads: 1)
    }

    /// Adds to `x` in place.
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let normed = try compute.stored(norm(FeatureMap(x)))
        try attention(normed, addingTo: x)
        return x
    }
}

extension ResnetBlock {
    /// One of the autoencoder, which knows no time.
    init(_ weights: Weights, inputs: Int, outputs: Int, _ c: VAEConfiguration) throws(ModelError) {
        try self.init(weights, inputs: inputs, outputs: outputs, groups: c.normGroups, epsilon: c.normEpsilon)
    }
}
