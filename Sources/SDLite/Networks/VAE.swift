import Architecture
import Kernels

/// The decoder of the variational autoencoder (diffusers models/autoencoders/autoencoder_kl.py and vae.py).
public struct VAE: Sendable {
    private let compute: Compute
    private let postQuantConv: Linear
    private let convIn: Conv2d
    private let midResnet1, midResnet2: ResnetBlock
    private let midAttention: VAEAttention
    private let upBlocks: [VAEUpBlock]
    private let normOut: GroupNorm
    private let convOut: Conv2d
    /// Of the last doubling.
    private let widestChannels: Int
    let footprint: WeightFootprint
    /// Channels of the latents that it decodes: 4 in Stable Diffusion.
    public let latentChannels: Int
    /// What latents are divided by before decoding.
    public let scalingFactor: Float
    /// Pixels per latent in each direction.
    public let scale: Int
    /// Rows and columns of latents that are decoded at a time, if in tiles: a multiple of 4.
    let tileSize: Int

    init(_ weights: Weights, configuration c: VAEConfiguration) throws(ModelError) {
        compute = weights.compute
        let (decoder, groups, epsilon) = (weights["decoder"], c.normGroups, Float(1e-6))
        let widths = Array(c.blockOutChannels.reversed())
        latentChannels = c.latentChannels
        scalingFactor = c.scalingFactor
        scale = c.scale
        tileSize = max(1, c.sampleSize / c.scale / 4) * 4
        postQuantConv = try Linear(weights["post_quant_conv"], inputs: latentChannels, outputs: latentChannels)
        convIn = try Conv2d(decoder["conv_in"], inputs: latentChannels, outputs: widths[0])
        let mid = decoder["mid_block"]
        midResnet1 = try ResnetBlock(
            mid["resnets"][0], inputs: widths[0], outputs: widths[0], groups: groups, epsilon: epsilon)
        midAttention = try VAEAttention(mid["attentions"][0], channels: widths[0], groups: groups, epsilon: epsilon)
        midResnet2 = try ResnetBlock(
            mid["resnets"][1], inputs: widths[0], outputs: widths[0], groups: groups, epsilon: epsilon)
        upBlocks = try widths.indices.map { i throws(ModelError) in
            try VAEUpBlock(
                decoder["up_blocks"][i], inputs: widths[max(0, i - 1)], outputs: widths[i],
                layers: c.layersPerBlock + 1, upsamples: i < widths.count - 1, groups: groups, epsilon: epsilon)
        }
        let last = widths[widths.count - 1]
        widestChannels = widths[max(0, widths.count - 2)]
        normOut = try GroupNorm(decoder["conv_norm_out"], channels: last, groups: groups, epsilon: epsilon)
        convOut = try Conv2d(decoder["conv_out"], inputs: last, outputs: 3)
        try weights.requireAllClaimed(except: ["encoder.", "quant_conv."])
        footprint = weights.footprint
    }

    /// Pictures from latents as the sampling loop leaves them, which are scaled by `scalingFactor`.
    /// - Parameter latents: `[n, latentChannels, h, w]`
    /// - Returns: `[n, scale·h, scale·w, 3]`, nominally -1…1
    /// - Throws: `ModelError` for a wrong shape, `CancellationError`
    public func decode(scaled latents: Latents) throws -> Tensor { try decode(unscaled: latents / scalingFactor) }

    /// Pictures from latents that were divided by `scalingFactor`, as diffusers' `vae.decode` wants them.
    /// - Parameter latents: `[n, latentChannels, h, w]`
    /// - Returns: `[n, scale·h, scale·w, 3]`, nominally -1…1
    /// - Throws: `ModelError` for a wrong shape, `CancellationError`
    public func decode(unscaled latents: Latents) throws -> Tensor {
        guard latents.shape.count == 4, latents.shape[1] == latentChannels else {
            throw ModelError.badLatents(found: latents.shape, expected: [1, latentChannels, 64, 64])
        }
        guard latents.isFinite else { throw ModelError.latentsNotFinite }
        return try compute.finite("the autoencoder") { try decode(latents.channelsLast()) }
    }

    private func decode(_ latents: Tensor) throws -> Tensor {
        var x = FeatureMap(try compute.stored(convIn(FeatureMap(postQuantConv(latents)))))
        x = FeatureMap(try midAttention(midResnet1(x)))
        x = FeatureMap(try midResnet2(x))
        for block in upBlocks { try block(&x) }
        return try compute.stored(convOut(normOut(x, silu: true)))
    }

    /// The same in tiles of the size that the autoencoder was trained for, a quarter overlapping (`tiled_decode`): less
    /// memory and, as tiles do not see each other and each has its own group norms, not quite the same picture.
    /// - Parameter latents: `[1, latentChannels, h, w]`
    /// - Throws: as `decode`
    public func tiledDecode(scaled latents: Latents) throws -> Tensor {
        guard latents.shape.count == 4, latents.shape[0] == 1 else {
            throw ModelError.badLatents(found: latents.shape, expected: [1, latentChannels, 64, 64])
        }
        let (rows, columns) = (latents.shape[2], latents.shape[3])
        if max(rows, columns) <= tileSize { return try decode(scaled: latents) }
        let overlap = tileSize / 4
        return try compute.blended(
            [1, rows * scale, columns * scale, 3], step: (tileSize - overlap) * scale, overlap: overlap * scale
        ) { y, x in
            let (row, column) = (y / scale, x / scale)
            return try decode(
                scaled: latents.part(
                    rows: row..<min(rows, row + tileSize), columns: column..<min(columns, column + tileSize)))
        }
    }
}

extension VAE {
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
        _ weights: Weights, inputs: Int, outputs: Int, layers: Int, upsamples: Bool, groups: Int, epsilon: Float
    ) throws(ModelError) {
        compute = weights.compute
        resnets = try (0..<layers).map { i throws(ModelError) in
            try ResnetBlock(
                weights["resnets"][i], inputs: i == 0 ? inputs : outputs, outputs: outputs, groups: groups,
                epsilon: epsilon)
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

/// The one self-attention of the autoencoder: a single head over all positions.
private struct VAEAttention {
    private let norm: GroupNorm
    private let attention: Attention
    private let compute: Compute

    init(_ weights: Weights, channels: Int, groups: Int, epsilon: Float) throws(ModelError) {
        compute = weights.compute
        norm = try GroupNorm(weights["group_norm"], channels: channels, groups: groups, epsilon: epsilon)
        attention = try Attention(weights, channels: channels, heads: 1)
    }

    /// Adds to `x` in place.
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let normed = try compute.stored(norm(FeatureMap(x)))
        try attention(normed, addingTo: x)
        return x
    }
}
