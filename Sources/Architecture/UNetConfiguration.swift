/// `unet/config.json` of diffusers' `UNet2DConditionModel` (models/unets/unet_2d_condition.py); absent keys take its
/// defaults.
package struct UNetConfiguration: ConfigurationDocument, Equatable {
    package let inChannels: Int
    package let outChannels: Int
    package let blockOutChannels: [Int]
    package let downBlockTypes: [String]
    package let upBlockTypes: [String]
    /// Per level: resnets of the down block; the up block has one more.
    package let layersPerBlock: [Int]
    /// Whether there is a block between the way down and the way up; small models leave it out.
    package let hasMidBlock: Bool
    /// Width of the text encoder's hidden states.
    package let crossAttentionDim: Int
    /// Attention heads per block. The file calls it `attention_head_dim` (diffusers says why).
    package let heads: [Int]
    package let normGroups: Int
    package let normEpsilon: Float
    package let flipSinToCos: Bool
    package let frequencyShift: Float
    package let useLinearProjection: Bool
    /// Width of the guidance scale's embedding, in models that were distilled to be told the scale instead of being
    /// evaluated twice (Luo et al. 2023, arXiv 2310.04378).
    package let timeCondProjDim: Int?
    /// Latents per side that the network was trained on.
    package let sampleSize: Int?

    private enum CodingKeys: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", blockOutChannels = "block_out_channels"
        case downBlockTypes = "down_block_types", upBlockTypes = "up_block_types"
        case layersPerBlock = "layers_per_block", midBlockType = "mid_block_type"
        case crossAttentionDim = "cross_attention_dim", timeCondProjDim = "time_cond_proj_dim"
        case heads = "attention_head_dim", normGroups = "norm_num_groups", normEpsilon = "norm_eps"
        case flipSinToCos = "flip_sin_to_cos", frequencyShift = "freq_shift"
        case useLinearProjection = "use_linear_projection", sampleSize = "sample_size"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        inChannels = try values.value(.inChannels, default: 4)
        outChannels = try values.value(.outChannels, default: 4)
        blockOutChannels = try values.value(.blockOutChannels, default: [320, 640, 1280, 1280])
        downBlockTypes = try values.value(
            .downBlockTypes, default: Array(repeating: "CrossAttnDownBlock2D", count: 3) + ["DownBlock2D"])
        upBlockTypes = try values.value(
            .upBlockTypes, default: ["UpBlock2D"] + Array(repeating: "CrossAttnUpBlock2D", count: 3))
        // Without the key diffusers makes the block, with null it does not.
        hasMidBlock = try !values.contains(.midBlockType) || !values.decodeNil(forKey: .midBlockType)
        crossAttentionDim = try values.value(.crossAttentionDim, default: 1280)
        normGroups = try values.value(.normGroups, default: 32)
        normEpsilon = try values.value(.normEpsilon, default: 1e-5)
        flipSinToCos = try values.value(.flipSinToCos, default: true)
        frequencyShift = try values.value(.frequencyShift, default: 0)
        useLinearProjection = try values.value(.useLinearProjection, default: false)
        timeCondProjDim = try values.decodeIfPresent(Int.self, forKey: .timeCondProjDim)
        sampleSize = try values.decodeIfPresent(Int.self, forKey: .sampleSize)
        let levels = blockOutChannels.count
        layersPerBlock = try values.value(.layersPerBlock, default: IntegerOrList.integer(2)).list(levels)
        heads = try values.value(.heads, default: IntegerOrList.integer(8)).list(levels)
    }

    private enum IntegerOrList: Decodable {
        case integer(Int)
        case list([Int])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let integer = try? container.decode(Int.self) {
                self = .integer(integer)
            } else {
                self = .list(try container.decode([Int].self))
            }
        }

        /// What a block of each of `count` levels has.
        func list(_ count: Int) -> [Int] {
            switch self {
            case .integer(let integer): Array(repeating: integer, count: count)
            case .list(let list): list
            }
        }
    }
}

extension UNetConfiguration {
    package static let document = Component.unet.document

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        try requireClass("_class_name", values["_class_name"], "UNet2DConditionModel")
        // `upcast_attention` is about float16 only: attention is float32 here.
        try requirePermitted(
            [
                // These change the tensors,
                "mid_block_type": .text("UNetMidBlock2DCrossAttn"), "only_cross_attention": .flag(false),
                "transformer_layers_per_block": .number(1), "encoder_hid_dim": .null, "encoder_hid_dim_type": .null,
                "dual_cross_attention": .flag(false), "class_embed_type": .null, "addition_embed_type": .null,
                "num_class_embeds": .null, "resnet_time_scale_shift": .text("default"),
                "time_embedding_type": .text("positional"), "time_embedding_dim": .null, "conv_in_kernel": .number(3),
                "conv_out_kernel": .number(3), "attention_type": .text("default"),
                "mid_block_only_cross_attention": .null, "cross_attention_norm": .null,
                "class_embeddings_concat": .flag(false), "num_attention_heads": .null,
                // and these what is computed with them.
                "act_fn": .text("silu"), "time_embedding_act_fn": .null, "timestep_post_act": .null,
                "resnet_skip_time_act": .flag(false), "resnet_out_scale_factor": .number(1),
                "mid_block_scale_factor": .number(1), "downsample_padding": .number(1),
                "center_input_sample": .flag(false),
            ], values)
    }

    package func check() throws(ConfigurationError) {
        try Self.requireWidths(blockOutChannels, groups: normGroups)
        let count = blockOutChannels.count
        try Self.requireTypes(
            "down_block_types", downBlockTypes, count: count, among: ["CrossAttnDownBlock2D", "DownBlock2D"])
        try Self.requireTypes(
            "up_block_types", upBlockTypes, count: count, among: ["CrossAttnUpBlock2D", "UpBlock2D"])
        try Self.require(
            heads.count == count,
            "attention_head_dim has \(heads.count) entries, expected as many as block_out_channels, \(count)")
        for (channels, heads) in zip(blockOutChannels, heads) {
            try Self.require(
                heads > 0 && channels % heads == 0,
                "attention_head_dim is \(heads), expected a number of heads that divides \(channels) channels")
        }
        try Self.require(
            layersPerBlock.count == count,
            "layers_per_block has \(layersPerBlock.count) entries, expected as many as block_out_channels, \(count)")
        for layers in layersPerBlock { try Self.require("layers_per_block", layers, in: 1...16) }
        if let dim = timeCondProjDim {
            try Self.require("time_cond_proj_dim", dim, in: 1...largestWidth)
            try Self.require(dim % 8 == 0, "time_cond_proj_dim is \(dim), expected a multiple of 8")
        }
        try Self.require("in_channels", inChannels, in: 1...largestWidth)
        try Self.require("out_channels", outChannels, in: 1...largestWidth)
        try Self.require("cross_attention_dim", crossAttentionDim, in: 1...largestWidth)
        try Self.require("norm_eps", normEpsilon, in: normEpsilons)
        try Self.require("freq_shift", frequencyShift, in: 0...1)
        if let sampleSize { try Self.require("sample_size", sampleSize, in: 1...4096) }
    }
}
