import Foundation
import Quant
import SDLite
import TestFiles
import Testing

@testable import Architecture
@testable import convert

/// What is wrong with a configuration is found by the converter and by the engine, in the same words.
@Suite struct ConfigurationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// One key of one document changed: its JSON, and what is said about it.
    struct Change: CustomTestStringConvertible {
        let document, key, json, reason: String
        var testDescription: String { "\(document) \(key) = \(json.prefix(60))" }
    }

    private func checkpoint(_ change: Change?) throws -> TinyCheckpoint {
        var checkpoint = try TinyCheckpoint(safetyChecker: true)
        guard let change else { return checkpoint }
        let text = try #require(checkpoint.texts[change.document])
        var values = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        values[change.key] = nil
        let others = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self).dropLast()
        checkpoint.texts[change.document] = "\(others),\"\(change.key)\":\(change.json)}"
        return checkpoint
    }

    private func converter(_ checkpoint: TinyCheckpoint) throws {
        try checkpoint.write(to: folder)
        _ = try CheckpointTexts(folder: folder.path("checkpoint")).configurations(safetyChecker: true)
    }

    /// A model file that holds the documents of the checkpoint, and no tensors.
    private func engine(_ checkpoint: TinyCheckpoint) throws {
        let path = folder.path("model.sdq")
        let documents = checkpoint.texts.sorted { $0.key < $1.key }.map {
            (name: $0.key, contents: Array($0.value.utf8))
        }
        _ = try WeightFileWriter(path: path, converter: "test", documents: documents, tensors: []).finish()
        _ = try Model(path: path)
    }

    @Test func theUnchangedOnePasses() throws {
        try converter(checkpoint(nil))
        try engine(checkpoint(nil))
    }

    @Test(arguments: changes + features + unreadable + safetyChecker + visionTower + imageProcessor) func bothRefuse(
        _ change: Change
    ) throws {
        let checkpoint = try checkpoint(change)
        #expect(
            throws: ConvertError.badConfig(
                file: folder.path("checkpoint/" + change.document), reason: change.reason)
        ) { try converter(checkpoint) }
        #expect(throws: ModelError.badDocument(change.document, reason: change.reason)) { try engine(checkpoint) }
        #expect(!change.reason.contains { $0.isNewline })
    }

    /// Values at the edge of what is permitted.
    @Test(arguments: [
        ("unet/config.json", "sample_size", "null"), ("unet/config.json", "sample_size", "4096"),
        ("unet/config.json", "attention_head_dim", "[2,4]"), ("unet/config.json", "freq_shift", "1"),
        ("unet/config.json", "class_embed_type", "false"), ("unet/config.json", "act_fn", "null"),
        ("unet/config.json", "layers_per_block", "[1,16]"), ("unet/config.json", "mid_block_type", "null"),
        ("unet/config.json", "time_cond_proj_dim", "8"), ("unet/config.json", "time_cond_proj_dim", "null"),
        ("unet/config.json", "use_linear_projection", "true"), ("unet/config.json", "dropout", "0.5"),
        ("vae/config.json", "scaling_factor", "1.5305"), ("vae/config.json", "latents_mean", "[0.5]"),
        ("text_encoder/config.json", "hidden_act", #""gelu""#), ("text_encoder/config.json", "architectures", "null"),
        ("model_index.json", "_default_guidance_scale", "100"), ("model_index.json", "_default_steps", "1000"),
        ("model_index.json", "_default_scheduler", #""lcm""#), ("model_index.json", "_name_or_path", #""a/b""#),
        ("model_index.json", "prior", "[null,null]"),
        ("feature_extractor/preprocessor_config.json", "crop_size", "28"),
        ("feature_extractor/preprocessor_config.json", "crop_size", #"{"height":28,"width":28,"shortest_edge":null}"#),
        ("feature_extractor/preprocessor_config.json", "size", "28"),
        ("feature_extractor/preprocessor_config.json", "feature_extractor_type", "null"),
        ("feature_extractor/preprocessor_config.json", "image_processor_type", #""CLIPImageProcessorFast""#),
        ("safety_checker/config.json", "architectures", "null"),
        (
            "safety_checker/config.json", "vision_config",
            #"{"image_size":28,"patch_size":14,"hidden_act":"gelu","num_hidden_layers":128}"#
        ),
    ]) func bothAccept(_ document: String, _ key: String, _ json: String) throws {
        var checkpoint = try checkpoint(Change(document: document, key: key, json: json, reason: ""))
        if key == "architectures", document == "text_encoder/config.json" {
            checkpoint.texts[document] = checkpoint.texts[document].map {
                #"{"model_type":"clip_text_model","# + $0.dropFirst()
            }
        }
        try converter(checkpoint)
        try engine(checkpoint)
    }

    @Test func absentKeysTakeTheLibrariesDefaults() throws {
        let unet = try UNetConfiguration(json: Array(#"{"_class_name":"UNet2DConditionModel"}"#.utf8))
        #expect(unet.blockOutChannels == [320, 640, 1280, 1280] && unet.heads == [8, 8, 8, 8])
        #expect(unet.crossAttentionDim == 1280 && unet.sampleSize == nil && unet.normEpsilon == 1e-5)
        let vae = try VAEConfiguration(json: Array(#"{"_class_name":"AutoencoderKL"}"#.utf8))
        #expect(vae.blockOutChannels == [64] && vae.scale == 1 && vae.scalingFactor == 0.18215)
        let text = try TextEncoderConfiguration(json: Array(#"{"model_type":"clip_text_model"}"#.utf8))
        #expect(text.hiddenSize == 512 && text.layers == 12 && text.activation == "quick_gelu")
        let checker = try SafetyCheckerConfiguration(json: Array(#"{"model_type":"clip","vision_config":{}}"#.utf8))
        #expect(checker.projectionSize == 512 && checker.vision.hiddenSize == 768 && checker.vision.patchSize == 32)
        #expect(checker.vision.heads == 12 && checker.vision.intermediateSize == 3072 && checker.vision.positions == 50)
        let images = try ImageProcessorConfiguration(json: Array("{}".utf8))
        #expect(images.shortestEdge == 224 && images.cropSize == 224 && images.mean[2] == 0.40821073)
        #expect(try PipelineConfiguration(json: Array("{}".utf8)).recommendation.isEmpty)
        #expect(unet.layersPerBlock == [2, 2, 2, 2] && unet.hasMidBlock && unet.timeCondProjDim == nil)
    }

    /// The first uploads describe the vision tower twice; transformers takes the older description, with defaults.
    @Test func theOlderDescriptionOfTheVisionTowerCounts() throws {
        let json = #"""
            {"model_type":"clip","vision_config":{"hidden_size":16,"num_attention_heads":2,"num_hidden_layers":3},
             "vision_config_dict":{"hidden_size":32,"num_attention_heads":4}}
            """#
        let vision = try SafetyCheckerConfiguration(json: Array(json.utf8)).vision
        #expect(vision.hiddenSize == 32 && vision.heads == 4 && vision.layers == 12)
    }
}

private let versions = ", as in Stable Diffusion 1 and 2"

private func change(_ document: String, _ key: String, _ json: String, _ reason: String) -> ConfigurationTests.Change {
    ConfigurationTests.Change(document: document, key: key, json: json, reason: reason)
}

/// Values that make no sense, that the engine cannot compute with, or that do not fit each other.
private let changes =
    [
        ("block_out_channels", "[]", "block_out_channels has 0 entries, expected 1 to 8"),
        ("block_out_channels", "[8,8,8,8,8,8,8,8,8]", "block_out_channels has 9 entries, expected 1 to 8"),
        (
            "block_out_channels", "[8,16,16]",
            "down_block_types has 2 entries, expected as many as block_out_channels, 3"
        ),
        ("block_out_channels", "[8,-16]", "an entry of block_out_channels is -16, expected 1 to 65536"),
        (
            "block_out_channels", "[8,9223372036854775807]",
            "an entry of block_out_channels is 9223372036854775807, expected 1 to 65536"
        ),
        (
            "block_out_channels", "[8,12]",
            "an entry of block_out_channels is 12, expected a multiple of 8 and of norm_num_groups, 4"
        ),
        (
            "norm_num_groups", "3",
            "an entry of block_out_channels is 8, expected a multiple of 8 and of norm_num_groups, 3"
        ),
        ("norm_num_groups", "0", "norm_num_groups is 0, expected 1 to 65536"),
        (
            "down_block_types", #"["AttnDownBlock2D","DownBlock2D"]"#,
            "an entry of down_block_types is 'AttnDownBlock2D', expected CrossAttnDownBlock2D or DownBlock2D" + versions
        ),
        (
            "up_block_types", #"["UpBlock2D","up\nblock"]"#,
            "an entry of up_block_types is 'up?block', expected CrossAttnUpBlock2D or UpBlock2D" + versions
        ),
        ("up_block_types", "[]", "up_block_types has 0 entries, expected as many as block_out_channels, 2"),
        ("layers_per_block", "0", "layers_per_block is 0, expected 1 to 16"),
        ("layers_per_block", "1000000000", "layers_per_block is 1000000000, expected 1 to 16"),
        ("layers_per_block", "[1]", "layers_per_block has 1 entries, expected as many as block_out_channels, 2"),
        ("layers_per_block", "[1,17]", "layers_per_block is 17, expected 1 to 16"),
        ("time_cond_proj_dim", "0", "time_cond_proj_dim is 0, expected 1 to 65536"),
        ("time_cond_proj_dim", "12", "time_cond_proj_dim is 12, expected a multiple of 8"),
        ("time_cond_proj_dim", "1000000000", "time_cond_proj_dim is 1000000000, expected 1 to 65536"),
        ("attention_head_dim", "3", "attention_head_dim is 3, expected a number of heads that divides 8 channels"),
        ("attention_head_dim", "0", "attention_head_dim is 0, expected a number of heads that divides 8 channels"),
        ("attention_head_dim", "[2,3]", "attention_head_dim is 3, expected a number of heads that divides 16 channels"),
        ("attention_head_dim", "[2]", "attention_head_dim has 1 entries, expected as many as block_out_channels, 2"),
        ("in_channels", "0", "in_channels is 0, expected 1 to 65536"),
        ("out_channels", "-4", "out_channels is -4, expected 1 to 65536"),
        (
            "in_channels", "9",
            "in_channels is 9, expected the autoencoder's latent_channels, 4; models for inpainting are not supported"
        ),
        ("out_channels", "8", "out_channels is 8, expected the autoencoder's latent_channels, 4"),
        ("cross_attention_dim", "0", "cross_attention_dim is 0, expected 1 to 65536"),
        ("cross_attention_dim", "24", "cross_attention_dim is 24, expected the text encoder's hidden_size, 16"),
        ("norm_eps", "0", "norm_eps is 0.0, expected 1e-12 to 0.1"),
        ("norm_eps", "-1e-5", "norm_eps is -1e-05, expected 1e-12 to 0.1"),
        ("norm_eps", "3", "norm_eps is 3.0, expected 1e-12 to 0.1"),
        ("freq_shift", "4", "freq_shift is 4.0, expected 0.0 to 1.0"),
        ("sample_size", "0", "sample_size is 0, expected 1 to 4096"),
        ("sample_size", "4611686018427387904", "sample_size is 4611686018427387904, expected 1 to 4096"),
    ].map { change("unet/config.json", $0.0, $0.1, $0.2) }
    + [
        ("block_out_channels", "[8,100000]", "an entry of block_out_channels is 100000, expected 1 to 65536"),
        (
            "block_out_channels", "[8,20]",
            "an entry of block_out_channels is 20, expected a multiple of 8 and of norm_num_groups, 4"
        ),
        (
            "down_block_types", #"["DownEncoderBlock2D"]"#,
            "down_block_types has 1 entries, expected as many as block_out_channels, 2"
        ),
        (
            "up_block_types", #"["AttnUpDecoderBlock2D","UpDecoderBlock2D"]"#,
            "an entry of up_block_types is 'AttnUpDecoderBlock2D', expected UpDecoderBlock2D" + versions
        ),
        ("layers_per_block", "17", "layers_per_block is 17, expected 1 to 16"),
        ("in_channels", "4", "in_channels is 4, expected 3: red, green and blue"),
        ("out_channels", "1", "out_channels is 1, expected 3: red, green and blue"),
        ("latent_channels", "0", "latent_channels is 0, expected 1 to 64"),
        ("scaling_factor", "0", "scaling_factor is 0.0, expected 0.001 to 1000.0"),
        ("scaling_factor", "-0.18", "scaling_factor is -0.18, expected 0.001 to 1000.0"),
        ("scaling_factor", "1e30", "scaling_factor is 1e+30, expected 0.001 to 1000.0"),
        ("sample_size", "0", "sample_size is 0, expected 1 to 65536"),
    ].map { change("vae/config.json", $0.0, $0.1, $0.2) }
    + [
        ("vocab_size", "0", "vocab_size is 0, expected 1 to 10000000"),
        ("vocab_size", "1000000000000", "vocab_size is 1000000000000, expected 1 to 10000000"),
        ("hidden_size", "-16", "hidden_size is -16, expected 1 to 65536"),
        ("hidden_size", "12", "hidden_size is 12, expected a multiple of 8 and of num_attention_heads, 2"),
        ("num_attention_heads", "3", "hidden_size is 16, expected a multiple of 8 and of num_attention_heads, 3"),
        ("num_attention_heads", "0", "num_attention_heads is 0, expected 1 to 65536"),
        ("intermediate_size", "0", "intermediate_size is 0, expected 1 to 65536"),
        ("num_hidden_layers", "4000000000", "num_hidden_layers is 4000000000, expected 1 to 128"),
        ("max_position_embeddings", "7", "max_position_embeddings is 7, expected 77 to 65536"),
        ("hidden_act", #""gelu_new""#, "hidden_act is 'gelu_new', expected quick_gelu or gelu"),
        ("layer_norm_eps", "0", "layer_norm_eps is 0.0, expected 1e-12 to 0.1"),
    ].map { change("text_encoder/config.json", $0.0, $0.1, $0.2) }
    + [
        ("_default_guidance_scale", "-1", "_default_guidance_scale is -1.0, expected 0.0 to 100.0"),
        ("_default_guidance_scale", "1e30", "_default_guidance_scale is 1e+30, expected 0.0 to 100.0"),
        ("_default_steps", "0", "_default_steps is 0, expected 1 to 1000"),
        (
            "_default_scheduler", #""a\nb""#,
            "_default_scheduler is no name, expected 1 to 64 letters and signs of ASCII"
        ),
    ].map { change("model_index.json", $0.0, $0.1, $0.2) }

/// Other classes, and what they have that Stable Diffusion 1 and 2 have not.
private let features =
    [
        ("_class_name", #""UNet3DConditionModel""#, "'UNet3DConditionModel'", "'UNet2DConditionModel'"),
        ("_class_name", "null", "null", "'UNet2DConditionModel'"),
        ("mid_block_type", #""UNetMidBlock2D""#, "'UNetMidBlock2D'", "'UNetMidBlock2DCrossAttn'"),
        ("only_cross_attention", "[true,false]", "a list or an object", "false"),
        ("transformer_layers_per_block", "2", "2", "1"), ("encoder_hid_dim", "8", "8", "null"),
        ("encoder_hid_dim_type", #""text_proj""#, "'text_proj'", "null"),
        ("dual_cross_attention", "true", "true", "false"),
        ("class_embed_type", #""timestep""#, "'timestep'", "null"),
        ("addition_embed_type", #""text_time""#, "'text_time'", "null"), ("num_class_embeds", "3", "3", "null"),
        ("resnet_time_scale_shift", #""scale_shift""#, "'scale_shift'", "'default'"),
        ("time_embedding_type", #""fourier""#, "'fourier'", "'positional'"), ("time_embedding_dim", "8", "8", "null"),
        ("conv_in_kernel", "5", "5", "3"), ("conv_out_kernel", "1", "1", "3"),
        ("attention_type", #""gated""#, "'gated'", "'default'"),
        ("mid_block_only_cross_attention", "true", "true", "null"),
        ("cross_attention_norm", #""layer_norm""#, "'layer_norm'", "null"),
        ("class_embeddings_concat", "true", "true", "false"), ("num_attention_heads", "2", "2", "null"),
        ("act_fn", #""gelu""#, "'gelu'", "'silu'"), ("time_embedding_act_fn", #""silu""#, "'silu'", "null"),
        ("timestep_post_act", #""silu""#, "'silu'", "null"), ("resnet_skip_time_act", "true", "true", "false"),
        ("resnet_out_scale_factor", "1.5", "1.5", "1"), ("mid_block_scale_factor", "0.5", "0.5", "1"),
        ("downsample_padding", "0", "0", "1"), ("center_input_sample", "true", "true", "false"),
    ].map { change("unet/config.json", $0.0, $0.1, "\($0.0) is \($0.2), expected \($0.3)\(versions)") }
    + [
        ("_class_name", #""AutoencoderTiny""#, "'AutoencoderTiny'", "'AutoencoderKL'"),
        ("use_quant_conv", "false", "false", "true"), ("use_post_quant_conv", "false", "false", "true"),
        ("mid_block_add_attention", "false", "false", "true"), ("act_fn", #""relu""#, "'relu'", "'silu'"),
    ].map { change("vae/config.json", $0.0, $0.1, "\($0.0) is \($0.2), expected \($0.3)\(versions)") } + [
        change(
            "text_encoder/config.json", "architectures", #"["T5EncoderModel"]"#,
            "architectures is 'T5EncoderModel', expected 'CLIPTextModel'" + versions),
        change(
            "text_encoder/config.json", "architectures", "[]",
            "model_type is null, expected 'clip_text_model'" + versions),
    ]
    + ["text_encoder_2", "text_encoder_3", "transformer", "prior"].map {
        change(
            "model_index.json", $0, #"["diffusers","Some"]"#,
            "this is a pipeline with \($0), expected one without\(versions)")
    }

private let unreadable = [
    change(
        "unet/config.json", "block_out_channels", #""wide""#,
        "malformed JSON: a value of type Array<Any> is expected at 'block_out_channels'"),
    change("unet/config.json", "sample_size", "NaN", "malformed JSON: not valid"),
    change("unet/config.json", "sample_size", "1}x", "malformed JSON: not valid"),
    change(
        "unet/config.json", "sample_size", "1e30", "malformed JSON: not valid"),
    change("vae/config.json", "scaling_factor", "1e400", "malformed JSON: not valid"),
    change(
        "vae/config.json", "a", "\"" + String(repeating: "a", count: 1 << 20) + "\"",
        "larger than 1 MiB, expected a configuration"),
    change(
        "text_encoder/config.json", "a",
        String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000),
        "malformed JSON: not valid"),
    change(
        "model_index.json", "_default_guidance_scale", #""three""#,
        "malformed JSON: a value of type Float is expected at '_default_guidance_scale'"),
]

private let safetyChecker = [
    change("safety_checker/config.json", "projection_dim", "0", "projection_dim is 0, expected 1 to 65536"),
    change(
        "safety_checker/config.json", "architectures", #"["CLIPModel"]"#,
        "architectures is 'CLIPModel', expected 'StableDiffusionSafetyChecker'" + versions),
    change(
        "safety_checker/config.json", "vision_config", #"{"image_size":[224,224]}"#,
        "malformed JSON: a value of type Int is expected at 'vision_config.image_size'"),
    change(
        "safety_checker/config.json", "vision_config", "null",
        "malformed JSON: a value is missing at 'vision_config'"),
]

/// Of a vision tower with all else as in transformers' defaults.
private let visionTower: [ConfigurationTests.Change] = [
    ("hidden_size", "12", "hidden_size is 12, expected a multiple of 8 and of num_attention_heads, 12"),
    ("num_attention_heads", "0", "num_attention_heads is 0, expected 1 to 65536"),
    ("intermediate_size", "-1", "intermediate_size is -1, expected 1 to 65536"),
    ("num_hidden_layers", "1000", "num_hidden_layers is 1000, expected 1 to 128"),
    ("num_channels", "4", "num_channels is 4, expected 3: red, green and blue"),
    ("patch_size", "0", "patch_size is 0, expected 1 to 128"),
    ("image_size", "-224", "image_size is -224, expected 1 to 2048"),
    ("image_size", "9223372036854775807", "image_size is 9223372036854775807, expected 1 to 2048"),
    ("image_size", "225", "image_size is 225, expected a multiple of patch_size, 32"),
    ("image_size", #"512,"patch_size":2"#, "image_size is 512, expected at most 255 patches of 2 pixels"),
    ("hidden_act", #""relu""#, "hidden_act is 'relu', expected quick_gelu or gelu"),
    ("layer_norm_eps", "0", "layer_norm_eps is 0.0, expected 1e-12 to 0.1"),
].map { change("safety_checker/config.json", "vision_config", #"{"\#($0.0)":\#($0.1)}"#, $0.2) }

private let imageProcessor: [ConfigurationTests.Change] = [
    ("crop_size", "14", "crop_size is 14, expected the safety checker's image_size, 28"),
    ("crop_size", "0", cropSize), ("crop_size", #"{"height":28,"width":30}"#, cropSize),
    ("crop_size", #"{"height":28}"#, cropSize), ("crop_size", "3000", cropSize),
    ("size", "27", shorterSide), ("size", #"{"height":28,"width":28}"#, shorterSide),
    ("size", #"{"shortest_edge":28,"longest_edge":40}"#, shorterSide), ("size", "100000", shorterSide),
    ("image_mean", "[0.5]", "image_mean has 1 entries, expected 3: red, green and blue"),
    ("image_mean", "[0.5,-1,0.5]", "an entry of image_mean is -1.0, expected 0.0 to 1.0"),
    ("image_std", "[1,1,0]", "an entry of image_std is 0.0, expected 0.001 to 1000.0"),
    ("image_std", #""wide""#, "malformed JSON: a value of type Array<Any> is expected at 'image_std'"),
    ("do_resize", "false", "do_resize is false, expected true" + versions),
    ("do_center_crop", "false", "do_center_crop is false, expected true" + versions),
    ("do_rescale", "false", "do_rescale is false, expected true" + versions),
    ("do_normalize", "false", "do_normalize is false, expected true" + versions),
    ("resample", "2", "resample is 2, expected 3" + versions),
    ("rescale_factor", "1", "rescale_factor is 1, expected 0.00392156862745098" + versions),
    (
        "feature_extractor_type", #""ViTFeatureExtractor""#,
        "feature_extractor_type is 'ViTFeatureExtractor', expected CLIPFeatureExtractor or CLIPImageProcessor or "
            + "CLIPImageProcessorFast or CLIPImageProcessorPil"
    ),
].map { change("feature_extractor/preprocessor_config.json", $0.0, $0.1, $0.2) }

private let cropSize = "crop_size is not what is expected: 1 to 2048, as a number or as equal height and width"
private let shorterSide = "size is not what is expected: crop_size, 28, to 4096, as a number or as shortest_edge"
