import Architecture
import Kernels

/// Latents to pictures (diffusers models/autoencoders/vae.py, `Decoder`, and the convolution before it).
struct VAEDecoder {
    private let compute: Compute
    private let postQuantConv: Linear
    private let convIn: Conv2d
    private let midBlock: VAEMidBlock
    private let upBlocks: [VAEUpBlock]
    private let normOut: GroupNorm
    private let convOut: Conv2d
    /// Of the last doubling.
    private let widestChannels: Int
    let footprint: WeightFootprint

    /// - Parameter weights: of the whole autoencoder
    init(_ weights: Weights, _ c: VAEConfiguration) throws(ModelError) {
        compute = weights.compute
        let decoder = weights["decoder"]
        let widths = Array(c.blockOutChannels.reversed())
        let last = widths[widths.count - 1]
        postQuantConv = try Linear(weights["post_quant_conv"], inputs: c.latentChannels, outputs: c.latentChannels)
        convIn = try Conv2d(decoder["conv_in"], inputs: c.latentChannels, outputs: widths[0])
        midBlock = try VAEMidBlock(decoder["mid_block"], channels: widths[0], c)
        upBlocks = try widths.indices.map { i throws(ModelError) in
            try VAEUpBlock(
                decoder["up_blocks"][i], inputs: widths[max(0, i - 1)], outputs: widths[i],
                upsamples: i < widths.count - 1, c)
        }
        normOut = try GroupNorm(
            decoder["conv_norm_out"], channels: last, groups: c.normGroups, epsilon: c.normEpsilon)
        convOut = try Conv2d(decoder["conv_out"], inputs: last, outputs: c.outChannels)
        widestChannels = widths[max(0, widths.count - 2)]
        try weights.requireAllClaimed(except: ["encoder.", "quant_conv."])
        footprint = weights.footprint
    }

    /// `[n, h, w, latentChannels]` → `[n, scale·h, scale·w, 3]`
    func callAsFunction(_ latents: Tensor) throws -> Tensor {
        var x = FeatureMap(try compute.stored(convIn(FeatureMap(postQuantConv(latents)))))
        try midBlock(&x)
        for block in upBlocks { try block(&x) }
        return try compute.stored(convOut(normOut(x, silu: true)))
    }

    /// Bytes of the largest map that is kept while a picture of this size is decoded: what comes of the last doubling.
    func widestMap(height: Int, width: Int) -> Int {
        compute.compactElement.byteCount(rows: height * width, channels: widestChannels)
    }
}

/// UpDecoderBlock2D: resnets, then a doubling. Its maps are the largest, and are kept compactly.
private struct VAEUpBlock {
    private let compute: Compute
    private let resnets: [ResnetBlock]
    private let upsampler: Conv2d?

    init(
        _ weights: Weights, inputs: Int, outputs: Int, upsamples: Bool, _ c: VAEConfiguration
    ) throws(ModelError) {
        compute = weights.compute
        resnets = try (0...c.layersPerBlock).map { i throws(ModelError) in
            try ResnetBlock(weights["resnets"][i], inputs: i == 0 ? inputs : outputs, outputs: outputs, c)
        }
        upsampler = upsamples ? try Conv2d(weights["upsamplers"][0]["conv"], inputs: outputs, outputs: outputs) : nil
    }

    /// Replaces `x`, so that nobody holds what is used up.
    func callAsFunction(_ x: inout FeatureMap) throws {
        for resnet in resnets { x = FeatureMap(try resnet(x, compact: true)) }
        if let upsampler {
            x = try compute.storedIfSmall(upsampler(x, upsampledTo: (height: 2 * x.height, width: 2 * x.width)))
        }
    }
}
