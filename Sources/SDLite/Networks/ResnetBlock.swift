import Kernels

/// diffusers' ResnetBlock2D (models/resnet.py): norm, SiLU, convolution, twice, around a shortcut; in the U-Net the
/// time embedding joins in the middle.
struct ResnetBlock {
    private let compute: Compute
    let path: String
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
        path = weights.path
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

    /// Without a shortcut, a tensor of the right kind is worked on in place.
    /// - Parameters:
    ///   - conditioning: in a U-Net
    ///   - compact: whether the result, and the map in the middle, are kept in `compactElement`
    func callAsFunction(
        _ x: FeatureMap, _ conditioning: Conditioning.Step? = nil, compact: Bool = false
    ) throws -> Tensor {
        let element = compact ? compute.compactElement : .float32
        let middle = conv1(try norm1(x, silu: true), bias: conditioning?.timeBias(of: path))
        if let shortcut {
            let h = try compute.stored(middle, as: element)
            return try compute.stored(conv2(norm2(FeatureMap(h), silu: true)), adding: shortcut(x), into: h)
        }
        let h = compact ? try compute.storedIfSmall(middle) : FeatureMap(try compute.stored(middle))
        let target = x.tensor?.element == element ? x.tensor : nil
        return try compute.stored(conv2(norm2(h, silu: true)), as: element, adding: x, into: target)
    }

    /// The first convolution's bias plus the projected time embedding, `[steps, channels]`.
    /// - Parameter timeEmbeddings: `[steps, timeChannels]`, after their SiLU
    func timeBiases(_ timeEmbeddings: Tensor) throws -> Tensor? {
        guard let biases = try timeProjection?(timeEmbeddings) else { return nil }
        if let bias = conv1.bias { compute.addPerChannel(bias, to: biases) }
        return biases
    }
}
