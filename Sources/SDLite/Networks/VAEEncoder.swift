import Architecture
import Kernels

/// Pictures to the moments of their latents (diffusers models/autoencoders/vae.py, `Encoder`, and the convolution after
/// it).
struct VAEEncoder {
    private let compute: Compute
    private let convIn: Conv2d
    private let downBlocks: [VAEDownBlock]
    private let midBlock: VAEMidBlock
    private let normOut: GroupNorm
    private let convOut: Conv2d
    private let quantConv: Linear
    /// Of the maps that have the picture's size.
    private let widestChannels: Int
    let footprint: WeightFootprint

    /// - Parameter weights: of the whole autoencoder
    init(_ weights: Weights, _ c: VAEConfiguration) throws(ModelError) {
        compute = weights.compute
        let encoder = weights["encoder"]
        let (widths, moments) = (c.blockOutChannels, 2 * c.latentChannels)
        let last = widths[widths.count - 1]
        convIn = try Conv2d(encoder["conv_in"], inputs: c.inChannels, outputs: widths[0])
        downBlocks = try widths.indices.map { i throws(ModelError) in
            try VAEDownBlock(
                encoder["down_blocks"][i], inputs: widths[max(0, i - 1)], outputs: widths[i],
                downsamples: i < widths.count - 1, compact: i < widths.count / 2, c)
        }
        midBlock = try VAEMidBlock(encoder["mid_block"], channels: last, c)
        normOut = try GroupNorm(
            encoder["conv_norm_out"], channels: last, groups: c.normGroups, epsilon: c.normEpsilon)
        convOut = try Conv2d(encoder["conv_out"], inputs: last, outputs: moments)
        quantConv = try Linear(weights["quant_conv"], inputs: moments, outputs: moments)
        widestChannels = widths[0]
        try weights.requireAllClaimed(except: ["decoder.", "post_quant_conv."])
        footprint = weights.footprint
    }

    /// `[n, h, w, 3]` → `[n, h / scale, w / scale, 2·latentChannels]`: means, then logarithms of variances
    func callAsFunction(_ pixels: Tensor) throws -> Tensor {
        var x = try compute.storedIfSmall(convIn(FeatureMap(pixels)))
        for block in downBlocks { try block(&x) }
        try midBlock(&x)
        return try quantConv(compute.stored(convOut(normOut(x, silu: true))))
    }

    /// Bytes of the largest map that is kept while a picture of this size is encoded.
    func widestMap(height: Int, width: Int) -> Int {
        compute.compactElement.byteCount(rows: height * width, channels: widestChannels)
    }
}

/// DownEncoderBlock2D: resnets, then a halving.
private struct VAEDownBlock {
    private let compute: Compute
    private let resnets: [ResnetBlock]
    private let downsampler: Conv2d?
    private let compact: Bool

    /// - Parameter compact: whether its maps, being large, are kept in `compactElement`
    init(
        _ weights: Weights, inputs: Int, outputs: Int, downsamples: Bool, compact: Bool, _ c: VAEConfiguration
    ) throws(ModelError) {
        compute = weights.compute
        self.compact = compact
        resnets = try (0..<c.layersPerBlock).map { i throws(ModelError) in
            try ResnetBlock(weights["resnets"][i], inputs: i == 0 ? inputs : outputs, outputs: outputs, c)
        }
        downsampler =
            downsamples
            ? try Conv2d(weights["downsamplers"][0]["conv"], inputs: outputs, outputs: outputs, .oneSidedHalving3x3)
            : nil
    }

    /// Replaces `x`, so that nobody holds what is used up.
    func callAsFunction(_ x: inout FeatureMap) throws {
        for resnet in resnets { x = FeatureMap(try resnet(x, compact: compact)) }
        if let downsampler {
            x = FeatureMap(try compute.stored(downsampler(x), as: compact ? compute.compactElement : .float32))
        }
    }
}
