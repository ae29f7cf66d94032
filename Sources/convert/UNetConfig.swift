import Quant

/// What `unet/config.json` says about names and shapes; absent keys have the defaults of diffusers'
/// `UNet2DConditionModel` (models/unets/unet_2d_condition.py).
struct UNetConfig: Decodable {
    let inChannels: Int
    let outChannels: Int
    let blockOutChannels: [Int]
    let layersPerBlock: Int
    let downBlockTypes: [String]
    let upBlockTypes: [String]
    let crossAttentionDim: Int
    /// One per down block. (In Stable Diffusion 1.x the key `attention_head_dim` really holds numbers of heads.)
    let heads: [Int]
    let groups: Int
    let useLinearProjection: Bool

    enum Key: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", blockOutChannels = "block_out_channels"
        case layersPerBlock = "layers_per_block", downBlockTypes = "down_block_types", upBlockTypes = "up_block_types"
        case crossAttentionDim = "cross_attention_dim", attentionHeadDim = "attention_head_dim"
        case numAttentionHeads = "num_attention_heads", groups = "norm_num_groups"
        case useLinearProjection = "use_linear_projection"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        inChannels = try values.decodeIfPresent(Int.self, forKey: .inChannels) ?? 4
        outChannels = try values.decodeIfPresent(Int.self, forKey: .outChannels) ?? 4
        blockOutChannels = try values.decodeIfPresent([Int].self, forKey: .blockOutChannels) ?? [320, 640, 1280, 1280]
        layersPerBlock = try values.decodeIfPresent(Int.self, forKey: .layersPerBlock) ?? 2
        let attention = [String](repeating: "CrossAttnDownBlock2D", count: 3)
        downBlockTypes =
            try values.decodeIfPresent([String].self, forKey: .downBlockTypes) ?? attention + ["DownBlock2D"]
        upBlockTypes =
            try values.decodeIfPresent([String].self, forKey: .upBlockTypes)
            ?? ["UpBlock2D"] + [String](repeating: "CrossAttnUpBlock2D", count: 3)
        crossAttentionDim = try values.decodeIfPresent(Int.self, forKey: .crossAttentionDim) ?? 1280
        let headsKey =
            try values.contains(.numAttentionHeads) && !values.decodeNil(forKey: .numAttentionHeads)
            ? Key.numAttentionHeads : .attentionHeadDim
        if let one = try? values.decodeIfPresent(Int.self, forKey: headsKey) {
            heads = [Int](repeating: one, count: blockOutChannels.count)
        } else {
            heads =
                try values.decodeIfPresent([Int].self, forKey: headsKey)
                ?? [Int](repeating: 8, count: blockOutChannels.count)
        }
        groups = try values.decodeIfPresent(Int.self, forKey: .groups) ?? 32
        useLinearProjection = try values.decodeIfPresent(Bool.self, forKey: .useLinearProjection) ?? false
    }

    /// Features that change tensors and that Stable Diffusion 1.x does not have, with the only value permitted.
    static let unsupported: [(key: String, permitted: JSONScalar)] = [
        ("mid_block_type", .text("UNetMidBlock2DCrossAttn")), ("only_cross_attention", .flag(false)),
        ("transformer_layers_per_block", .number(1)), ("encoder_hid_dim", .null), ("encoder_hid_dim_type", .null),
        ("dual_cross_attention", .flag(false)), ("class_embed_type", .null), ("addition_embed_type", .null),
        ("num_class_embeds", .null), ("resnet_time_scale_shift", .text("default")),
        ("resnet_skip_time_act", .flag(false)), ("time_embedding_type", .text("positional")),
        ("time_embedding_dim", .null), ("timestep_post_act", .null), ("time_cond_proj_dim", .null),
        ("conv_in_kernel", .number(3)), ("conv_out_kernel", .number(3)), ("attention_type", .text("default")),
        ("mid_block_only_cross_attention", .null), ("cross_attention_norm", .null), ("act_fn", .text("silu")),
        ("class_embeddings_concat", .flag(false)), ("time_embedding_act_fn", .null),
    ]

    func check(file: String) throws(ConvertError) {
        let blocks = blockOutChannels.count
        try require((1...8).contains(blocks), file, "block_out_channels needs 1 to 8 entries")
        try require(
            downBlockTypes.count == blocks && upBlockTypes.count == blocks && heads.count == blocks, file,
            "down_block_types, up_block_types, attention_head_dim and block_out_channels differ in length")
        try require((1...16).contains(layersPerBlock), file, "layers_per_block is not in 1...16")
        for size in blockOutChannels + [inChannels, outChannels, crossAttentionDim] {
            try require((1...65_536).contains(size), file, "a number of channels is not in 1...65536")
        }
        for (channels, heads) in zip(blockOutChannels, heads) {
            try require(groups >= 1 && channels % groups == 0, file, "\(channels) channels are not \(groups) groups")
            try require(heads >= 1 && channels % heads == 0, file, "\(channels) channels are not \(heads) heads")
        }
        for type in downBlockTypes where type != "DownBlock2D" && type != "CrossAttnDownBlock2D" {
            throw .otherArchitecture(file: file, found: type, expected: "down blocks")
        }
        for type in upBlockTypes where type != "UpBlock2D" && type != "CrossAttnUpBlock2D" {
            throw .otherArchitecture(file: file, found: type, expected: "up blocks")
        }
    }
}

func require(_ condition: Bool, _ file: String, _ reason: @autoclosure () -> String) throws(ConvertError) {
    guard condition else { throw .badConfig(file: file, reason: reason()) }
}
