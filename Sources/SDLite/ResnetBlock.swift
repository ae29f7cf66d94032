import Kernels

/// diffusers' ResnetBlock2D (models/resnet.py): norm, SiLU, convolution, twice, around a shortcut; in the U-Net the
/// time embedding joins in the middle.
struct ResnetBlock {
    private let compute: Compute
    private let norm1: GroupNorm
    private let conv1: Conv2d
    private let timeProjection: Linear?
    private let norm2: GroupNorm
    private let conv2: Conv2d
    private let shortcut: Linear?

    init(
        _ weights: Weights, inputs: Int, outputs: Int, timeChannels: Int? = nil, groups: Int, epsilon: Float
    ) throws(ModelError) {
        compute = weights.compute
        norm1 = try GroupNorm(weights["norm1"], channels: inputs, groups: groups, epsilon: epsilon)
        conv1 = try Conv2d(weights["conv1"], inputs: inputs, outputs: outputs)
        if let timeChannels {
            timeProjection = try Linear(weights["time_emb_proj"], inputs: timeChannels, outputs: outputs)
        } else {
            timeProjection = nil
        }
        norm2 = try GroupNorm(weights["norm2"], channels: outputs, groups: groups, epsilon: epsilon)
        conv2 = try Conv2d(weights["conv2"], inputs: outputs, outputs: outputs)
        shortcut = inputs == outputs ? nil : try Linear(weights["conv_shortcut"], inputs: inputs, outputs: outputs)
    }

    /// - Parameter timeEmbedding: `[1, timeChannels]`, after its SiLU
    func callAsFunction(_ x: Tensor, timeEmbedding: Tensor? = nil) throws -> Tensor {
        let h = try conv1(norm1(x, silu: true))
        if let timeProjection, let timeEmbedding {
            compute.addPerChannel(try timeProjection(timeEmbedding), to: h)
        }
        let out = try conv2(norm2(h, silu: true))
        if let shortcut {
            try shortcut(x, addingTo: out)
        } else {
            compute.add(x, to: out)
        }
        return out
    }
}
