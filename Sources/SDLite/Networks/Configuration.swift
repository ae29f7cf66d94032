import FoundationEssentials

/// `model_index.json` of diffusers' StableDiffusionPipeline.
struct PipelineConfiguration: Decodable {
    /// Our own key, which diffusers leaves alone: the guidance scale that the model's authors recommend.
    let guidanceScale: Float

    private enum CodingKeys: String, CodingKey {
        case guidanceScale = "_default_guidance_scale"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guidanceScale = try values.decodeIfPresent(Float.self, forKey: .guidanceScale) ?? 7.5
    }

    func validate() throws(ModelError) {
        guard (0...100).contains(guidanceScale) else {
            throw .badDocument(
                "model_index.json", reason: "expected a _default_guidance_scale from 0 to 100, not \(guidanceScale)")
        }
    }
}

/// `unet/config.json` of diffusers' UNet2DConditionModel; absent keys take its defaults.
struct UNetConfiguration: Decodable {
    let inChannels: Int
    let outChannels: Int
    let blockOutChannels: [Int]
    let downBlockTypes: [String]
    let upBlockTypes: [String]
    let layersPerBlock: Int
    /// Attention heads per block. The file calls it `attention_head_dim` (diffusers unet_2d_condition.py says why).
    let heads: [Int]
    let normGroups: Int
    let normEpsilon: Float
    let flipSinToCos: Bool
    let frequencyShift: Float
    /// Latents per side that the network was trained on.
    let sampleSize: Int?

    private enum CodingKeys: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", blockOutChannels = "block_out_channels"
        case downBlockTypes = "down_block_types", upBlockTypes = "up_block_types"
        case layersPerBlock = "layers_per_block", headDimension = "attention_head_dim"
        case headCount = "num_attention_heads"
        case normGroups = "norm_num_groups", normEpsilon = "norm_eps", flipSinToCos = "flip_sin_to_cos"
        case frequencyShift = "freq_shift", sampleSize = "sample_size"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        inChannels = try values.decodeIfPresent(Int.self, forKey: .inChannels) ?? 4
        outChannels = try values.decodeIfPresent(Int.self, forKey: .outChannels) ?? 4
        blockOutChannels =
            try values.decodeIfPresent([Int].self, forKey: .blockOutChannels) ?? [320, 640, 1280, 1280]
        downBlockTypes =
            try values.decodeIfPresent([String].self, forKey: .downBlockTypes)
            ?? ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"]
        upBlockTypes =
            try values.decodeIfPresent([String].self, forKey: .upBlockTypes)
            ?? ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
        layersPerBlock = try values.decodeIfPresent(Int.self, forKey: .layersPerBlock) ?? 2
        normGroups = try values.decodeIfPresent(Int.self, forKey: .normGroups) ?? 32
        normEpsilon = try values.decodeIfPresent(Float.self, forKey: .normEpsilon) ?? 1e-5
        flipSinToCos = try values.decodeIfPresent(Bool.self, forKey: .flipSinToCos) ?? true
        frequencyShift = try values.decodeIfPresent(Float.self, forKey: .frequencyShift) ?? 0
        sampleSize = try values.decodeIfPresent(Int.self, forKey: .sampleSize)
        let headsKey: CodingKeys =
            try values.decodeIfPresent(IntegerOrList.self, forKey: .headCount) == nil
            ? .headDimension : .headCount
        let heads = try values.decodeIfPresent(IntegerOrList.self, forKey: headsKey) ?? IntegerOrList(values: [8])
        self.heads =
            heads.values.count == 1
            ? Array(repeating: heads.values[0], count: blockOutChannels.count) : heads.values
    }

    func validate() throws(ModelError) {
        let levels = blockOutChannels.count
        try require(
            levels > 0 && downBlockTypes.count == levels && upBlockTypes.count == levels && heads.count == levels,
            "block_out_channels, down_block_types, up_block_types and attention_head_dim of one length")
        try require((1...16).contains(layersPerBlock), "layers_per_block from 1 to 16")
        try require((1...4096).contains(sampleSize ?? 64), "sample_size from 1 to 4096")
        try require(inChannels > 0 && outChannels > 0 && normGroups > 0, "positive channel and group counts")
        for (channels, heads) in zip(blockOutChannels, heads) {
            try require(
                channels > 0 && channels <= 65_536 && channels % 8 == 0 && channels % normGroups == 0,
                "block_out_channels that are multiples of 8 and of norm_num_groups, not \(channels)")
            try require(heads > 0 && channels % heads == 0, "a number of heads that divides \(channels), not \(heads)")
        }
        for type in downBlockTypes where !["CrossAttnDownBlock2D", "DownBlock2D"].contains(type) {
            try require(false, "down blocks of Stable Diffusion 1.x, not \(type)")
        }
        for type in upBlockTypes where !["CrossAttnUpBlock2D", "UpBlock2D"].contains(type) {
            try require(false, "up blocks of Stable Diffusion 1.x, not \(type)")
        }
    }

    private func require(_ holds: Bool, _ expected: String) throws(ModelError) {
        if !holds { throw .badConfiguration(component: "unet", expected: expected) }
    }
}

/// `vae/config.json` of diffusers' AutoencoderKL; absent keys take its defaults.
struct VAEConfiguration: Decodable {
    let latentChannels: Int
    let blockOutChannels: [Int]
    let layersPerBlock: Int
    let normGroups: Int
    let scalingFactor: Float
    /// Height and width of the pictures that the autoencoder was trained for.
    let sampleSize: Int

    private enum CodingKeys: String, CodingKey {
        case sampleSize = "sample_size"
        case latentChannels = "latent_channels", blockOutChannels = "block_out_channels"
        case layersPerBlock = "layers_per_block", normGroups = "norm_num_groups", scalingFactor = "scaling_factor"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        latentChannels = try values.decodeIfPresent(Int.self, forKey: .latentChannels) ?? 4
        blockOutChannels = try values.decodeIfPresent([Int].self, forKey: .blockOutChannels) ?? [64]
        layersPerBlock = try values.decodeIfPresent(Int.self, forKey: .layersPerBlock) ?? 1
        normGroups = try values.decodeIfPresent(Int.self, forKey: .normGroups) ?? 32
        scalingFactor = try values.decodeIfPresent(Float.self, forKey: .scalingFactor) ?? 0.18215
        sampleSize = try values.decodeIfPresent(Int.self, forKey: .sampleSize) ?? 32
    }

    /// Pixels per latent in each direction.
    var scale: Int { 1 << (blockOutChannels.count - 1) }

    func validate() throws(ModelError) {
        guard (1...8).contains(blockOutChannels.count), (1...16).contains(layersPerBlock), normGroups > 0,
            latentChannels > 0, scalingFactor > 0, (1...65_536).contains(sampleSize),
            blockOutChannels.allSatisfy({ $0 > 0 && $0 <= 65_536 && $0 % 8 == 0 && $0 % normGroups == 0 })
        else {
            throw .badConfiguration(
                component: "vae",
                expected: "1 to 8 block_out_channels that are multiples of 8 and of norm_num_groups")
        }
    }
}

/// `text_encoder/config.json` of transformers' CLIPTextModel; absent keys take its defaults.
struct TextEncoderConfiguration: Decodable {
    let hiddenSize: Int
    let layers: Int
    let heads: Int
    let activation: String
    let normEpsilon: Float

    private enum CodingKeys: String, CodingKey {
        case hiddenSize = "hidden_size", layers = "num_hidden_layers", heads = "num_attention_heads"
        case activation = "hidden_act", normEpsilon = "layer_norm_eps"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hiddenSize = try values.decodeIfPresent(Int.self, forKey: .hiddenSize) ?? 512
        layers = try values.decodeIfPresent(Int.self, forKey: .layers) ?? 12
        heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? 8
        activation = try values.decodeIfPresent(String.self, forKey: .activation) ?? "quick_gelu"
        normEpsilon = try values.decodeIfPresent(Float.self, forKey: .normEpsilon) ?? 1e-5
    }

    func validate() throws(ModelError) {
        guard (1...256).contains(layers), heads > 0, hiddenSize > 0, hiddenSize % heads == 0, hiddenSize % 8 == 0,
            ["quick_gelu", "gelu"].contains(activation)
        else {
            throw .badConfiguration(
                component: "text_encoder",
                expected: "a hidden_size that is a multiple of 8 and of the heads, with quick_gelu or gelu")
        }
    }
}

private struct IntegerOrList: Decodable {
    let values: [Int]

    init(values: [Int]) { self.values = values }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(Int.self) {
            values = [one]
        } else {
            values = try container.decode([Int].self)
        }
    }
}
