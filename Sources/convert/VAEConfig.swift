import Quant

/// What `vae/config.json` says about names and shapes; absent keys have the defaults of diffusers' `AutoencoderKL`
/// (models/autoencoders/autoencoder_kl.py).
struct VAEConfig: Decodable {
    let inChannels: Int
    let outChannels: Int
    let latentChannels: Int
    let blockOutChannels: [Int]
    let layersPerBlock: Int
    let groups: Int

    enum Key: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", latentChannels = "latent_channels"
        case blockOutChannels = "block_out_channels", layersPerBlock = "layers_per_block", groups = "norm_num_groups"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        inChannels = try values.decodeIfPresent(Int.self, forKey: .inChannels) ?? 3
        outChannels = try values.decodeIfPresent(Int.self, forKey: .outChannels) ?? 3
        latentChannels = try values.decodeIfPresent(Int.self, forKey: .latentChannels) ?? 4
        blockOutChannels = try values.decodeIfPresent([Int].self, forKey: .blockOutChannels) ?? [64]
        layersPerBlock = try values.decodeIfPresent(Int.self, forKey: .layersPerBlock) ?? 1
        groups = try values.decodeIfPresent(Int.self, forKey: .groups) ?? 32
    }

    /// Features that change tensors and that Stable Diffusion 1.x does not have, with the only value permitted.
    static let unsupported: [(key: String, permitted: JSONScalar)] = [
        ("use_quant_conv", .flag(true)), ("use_post_quant_conv", .flag(true)),
        ("mid_block_add_attention", .flag(true)), ("act_fn", .text("silu")),
    ]

    func check(file: String, blockTypes: [String]) throws(ConvertError) {
        try require((1...8).contains(blockOutChannels.count), file, "block_out_channels needs 1 to 8 entries")
        try require((1...16).contains(layersPerBlock), file, "layers_per_block is not in 1...16")
        for size in blockOutChannels + [inChannels, outChannels, latentChannels] {
            try require((1...32_768).contains(size), file, "a number of channels is not in 1...32768")
        }
        for channels in blockOutChannels {
            try require(groups >= 1 && channels % groups == 0, file, "\(channels) channels are not \(groups) groups")
        }
        for type in blockTypes where type != "DownEncoderBlock2D" && type != "UpDecoderBlock2D" {
            throw .otherArchitecture(file: file, found: type, expected: "autoencoder blocks")
        }
    }
}
