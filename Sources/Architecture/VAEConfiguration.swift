/// `vae/config.json` of diffusers' `AutoencoderKL` (models/autoencoders/autoencoder_kl.py); absent keys take its
/// defaults.
package struct VAEConfiguration: ConfigurationDocument {
    package let inChannels: Int
    package let outChannels: Int
    package let latentChannels: Int
    package let blockOutChannels: [Int]
    package let downBlockTypes: [String]
    package let upBlockTypes: [String]
    package let layersPerBlock: Int
    package let normGroups: Int
    /// What latents are multiplied by after encoding, and divided by before decoding.
    package let scalingFactor: Float
    /// Height and width of the pictures that the autoencoder was trained for.
    package let sampleSize: Int

    private enum CodingKeys: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", latentChannels = "latent_channels"
        case blockOutChannels = "block_out_channels", downBlockTypes = "down_block_types"
        case upBlockTypes = "up_block_types", layersPerBlock = "layers_per_block", normGroups = "norm_num_groups"
        case scalingFactor = "scaling_factor", sampleSize = "sample_size"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        inChannels = try values.value(.inChannels, default: 3)
        outChannels = try values.value(.outChannels, default: 3)
        latentChannels = try values.value(.latentChannels, default: 4)
        blockOutChannels = try values.value(.blockOutChannels, default: [64])
        downBlockTypes = try values.value(.downBlockTypes, default: ["DownEncoderBlock2D"])
        upBlockTypes = try values.value(.upBlockTypes, default: ["UpDecoderBlock2D"])
        layersPerBlock = try values.value(.layersPerBlock, default: 1)
        normGroups = try values.value(.normGroups, default: 32)
        scalingFactor = try values.value(.scalingFactor, default: 0.18215)
        sampleSize = try values.value(.sampleSize, default: 32)
    }

    /// Pixels per latent in each direction.
    package var scale: Int { 1 << (blockOutChannels.count - 1) }

    /// Of every norm; written into diffusers' models/autoencoders/vae.py.
    package var normEpsilon: Float { 1e-6 }
}

extension VAEConfiguration {
    package static let document = Component.vae.document

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        try requireClass("_class_name", values["_class_name"], "AutoencoderKL")
        try requirePermitted(
            [
                "use_quant_conv": .flag(true), "use_post_quant_conv": .flag(true),
                "mid_block_add_attention": .flag(true), "act_fn": .text("silu"),
            ], values)
    }

    package func check() throws(ConfigurationError) {
        try Self.requireWidths(blockOutChannels, groups: normGroups)
        let count = blockOutChannels.count
        try Self.requireTypes("down_block_types", downBlockTypes, count: count, among: ["DownEncoderBlock2D"])
        try Self.requireTypes("up_block_types", upBlockTypes, count: count, among: ["UpDecoderBlock2D"])
        try Self.require("layers_per_block", layersPerBlock, in: 1...16)
        try Self.require(inChannels == 3, "in_channels is \(inChannels), expected 3: red, green and blue")
        try Self.require(outChannels == 3, "out_channels is \(outChannels), expected 3: red, green and blue")
        try Self.require("latent_channels", latentChannels, in: 1...64)
        try Self.require("scaling_factor", scalingFactor, in: 0.001...1000)
        try Self.require("sample_size", sampleSize, in: 1...65_536)
    }
}
