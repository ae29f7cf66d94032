import Kernels

// The three kinds of block of diffusers' models/unets/unet_2d_blocks.py. A block without heads has no attention.

/// (Cross-attention) down block: resnets, each followed by a transformer, then a halving convolution.
struct DownBlock {
    private let compute: Compute
    let resnets: [ResnetBlock]
    private let transformers: [SpatialTransformer]
    private let downsampler: Conv2d?
    /// The channels of every map that this block leaves for the way up.
    let skipChannels: [Int]

    init(
        _ weights: Weights, inputs: Int, outputs: Int, layers: Int, heads: Int?, downsamples: Bool,
        _ settings: BlockSettings
    ) throws(ModelError) {
        compute = weights.compute
        resnets = try (0..<layers).map { i throws(ModelError) in
            try ResnetBlock(weights["resnets"][i], inputs: i == 0 ? inputs : outputs, outputs: outputs, settings)
        }
        transformers = try makeTransformers(weights, layers, channels: outputs, heads: heads, settings)
        downsampler =
            downsamples
            ? try Conv2d(weights["downsamplers"][0]["conv"], inputs: outputs, outputs: outputs, .halving3x3) : nil
        skipChannels = Array(repeating: outputs, count: layers + (downsamples ? 1 : 0))
    }

    /// Replaces `x`, and leaves copies of its maps in `skips`.
    func callAsFunction(_ x: inout Tensor, _ conditioning: Conditioning.Step, skips: inout [Tensor]) throws {
        for (i, resnet) in resnets.enumerated() {
            x = try resnet(FeatureMap(x), conditioning)
            if !transformers.isEmpty { x = try transformers[i](x, conditioning) }
            skips.append(try compute.stored(FeatureMap(x), as: compute.compactElement))
        }
        if let downsampler {
            x = try compute.stored(downsampler(FeatureMap(x)))
            skips.append(try compute.stored(FeatureMap(x), as: compute.compactElement))
        }
    }
}

struct MidBlock {
    let resnets: [ResnetBlock]
    private let transformer: SpatialTransformer

    init(_ weights: Weights, channels: Int, heads: Int, _ settings: BlockSettings) throws(ModelError) {
        transformer = try makeTransformers(weights, 1, channels: channels, heads: heads, settings)[0]
        resnets = try (0..<2).map { i throws(ModelError) in
            try ResnetBlock(weights["resnets"][i], inputs: channels, outputs: channels, settings)
        }
    }

    /// Works in place on `x`.
    func callAsFunction(_ x: Tensor, _ conditioning: Conditioning.Step) throws -> Tensor {
        let h = try transformer(resnets[0](FeatureMap(x), conditioning), conditioning)
        return try resnets[1](FeatureMap(h), conditioning)
    }
}

/// (Cross-attention) up block: every resnet reads the map so far beside one kept on the way down; then a doubling.
struct UpBlock {
    private let compute: Compute
    let resnets: [ResnetBlock]
    private let transformers: [SpatialTransformer]
    private let upsampler: Conv2d?

    /// - Parameter skips: the channels of the maps from the way down, in the order of use
    init(
        _ weights: Weights, inputs: Int, skips: [Int], outputs: Int, heads: Int?, upsamples: Bool,
        _ settings: BlockSettings
    ) throws(ModelError) {
        compute = weights.compute
        resnets = try skips.indices.map { i throws(ModelError) in
            try ResnetBlock(
                weights["resnets"][i], inputs: (i == 0 ? inputs : outputs) + skips[i], outputs: outputs, settings)
        }
        transformers = try makeTransformers(weights, skips.count, channels: outputs, heads: heads, settings)
        upsampler = upsamples ? try Conv2d(weights["upsamplers"][0]["conv"], inputs: outputs, outputs: outputs) : nil
    }

    /// Replaces `x`; takes the maps that it reads from `skips`.
    /// - Parameter kept: where the last layer of the U-Net leaves a copy of what it reads of the layers before it, for
    ///   the last prompt
    func callAsFunction(
        _ x: inout Tensor, _ conditioning: Conditioning.Step, skips: inout [Tensor], keepingIn kept: Tensor? = nil
    ) throws {
        for (i, resnet) in resnets.enumerated() {
            if let kept, skips.count == 1 {
                _ = try compute.stored(FeatureMap(x.lastImage), as: compute.compactElement, into: kept)
            }
            x = try resnet(FeatureMap(joining: [x, skips.removeLast()]), conditioning)
            if !transformers.isEmpty { x = try transformers[i](x, conditioning) }
        }
        if let upsampler, let next = skips.last {
            x = try compute.stored(
                upsampler(FeatureMap(x), upsampledTo: (height: next.shape[1], width: next.shape[2])))
        }
    }

    /// The last layer by itself.
    func lastLayer(_ x: FeatureMap, _ conditioning: Conditioning.Step) throws -> Tensor {
        let h = try resnets[resnets.count - 1](x, conditioning)
        return try transformers.last?(h, conditioning) ?? h
    }
}

extension ResnetBlock {
    fileprivate init(_ weights: Weights, inputs: Int, outputs: Int, _ settings: BlockSettings) throws(ModelError) {
        try self.init(
            weights, inputs: inputs, outputs: outputs, timeChannels: settings.timeChannels, groups: settings.groups,
            epsilon: settings.epsilon)
    }
}

private func makeTransformers(
    _ weights: Weights, _ count: Int, channels: Int, heads: Int?, _ settings: BlockSettings
) throws(ModelError) -> [SpatialTransformer] {
    guard let heads else { return [] }
    return try (0..<count).map { i throws(ModelError) in
        try SpatialTransformer(
            weights["attentions"][i], channels: channels, heads: heads, contextChannels: settings.contextChannels,
            groups: settings.groups)
    }
}
