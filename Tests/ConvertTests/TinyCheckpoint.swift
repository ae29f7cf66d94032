import Architecture
import Quant
import TestFiles

@testable import convert

/// A complete checkpoint of a few thousand parameters with seeded random values, to be changed and then written.
struct TinyCheckpoint {
    struct Tensor {
        var name: String
        var shape: [Int]
        var values: [Float]
        var kind = SafetensorsBuilder.Kind.f32
    }

    var tensors: [Component: [Tensor]] = [:]
    /// Text files by name.
    var texts = [
        "model_index.json": #"""
        {"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],
         "vae":["diffusers","AutoencoderKL"],"text_encoder":["transformers","CLIPTextModel"],
         "safety_checker":[null,null],"requires_safety_checker":false}
        """#,
        "unet/config.json": #"""
        {"_class_name":"UNet2DConditionModel","block_out_channels":[8,16],"layers_per_block":1,"norm_num_groups":4,
         "down_block_types":["CrossAttnDownBlock2D","DownBlock2D"],"up_block_types":["UpBlock2D","CrossAttnUpBlock2D"],
         "cross_attention_dim":16,"attention_head_dim":2,"class_embed_type":null,"only_cross_attention":false}
        """#,
        "vae/config.json": #"""
        {"_class_name":"AutoencoderKL","block_out_channels":[8,8],"layers_per_block":1,"norm_num_groups":4,
         "down_block_types":["DownEncoderBlock2D","DownEncoderBlock2D"],
         "up_block_types":["UpDecoderBlock2D","UpDecoderBlock2D"]}
        """#,
        "text_encoder/config.json": #"""
        {"architectures":["CLIPTextModel"],"hidden_size":16,"intermediate_size":20,"num_hidden_layers":2,
         "num_attention_heads":2,"vocab_size":6,"max_position_embeddings":77}
        """#,
        "scheduler/scheduler_config.json": #"{"_class_name":"PNDMScheduler"}"#,
        "tokenizer/vocab.json": #"{"a":0,"b</w>":1,"é":2,"ab</w>":3,"<|startoftext|>":4,"<|endoftext|>":5}"#,
        "tokenizer/merges.txt": "#version: 0.2\na b</w>\n",
        "tokenizer/tokenizer_config.json": #"{"model_max_length":77}"#,
        "LICENSE.md": "Free as the wind.\n",
    ]

    /// A safety checker in miniature.
    private static let safetyCheckerTexts = [
        "model_index.json": #"""
        {"_class_name":"StableDiffusionPipeline","safety_checker":["stable_diffusion","StableDiffusionSafetyChecker"],
         "feature_extractor":["transformers","CLIPFeatureExtractor"]}
        """#,
        "safety_checker/config.json": #"""
        {"architectures":["StableDiffusionSafetyChecker"],"model_type":"clip","projection_dim":12,
         "vision_config":{"hidden_size":16,"intermediate_size":20,"num_hidden_layers":2,"num_attention_heads":2,
                          "image_size":28,"patch_size":14}}
        """#,
        "feature_extractor/preprocessor_config.json": #"""
        {"feature_extractor_type":"CLIPFeatureExtractor","crop_size":{"height":28,"width":28},
         "size":{"shortest_edge":30},"do_resize":true,"resample":3,"rescale_factor":0.00392156862745098}
        """#,
    ]

    /// - Parameter changes: texts instead of these or besides
    init(_ changes: [String: String] = [:], safetyChecker: Bool = false) throws {
        if safetyChecker { texts.merge(Self.safetyCheckerTexts) { $1 } }
        texts.merge(changes) { $1 }
        var generator = SeededGenerator(seed: 5)
        let texts = texts
        let configurations = try Configurations(has: { texts[$0] != nil }, read: { Array((texts[$0] ?? "").utf8) })
        for component in configurations.components {
            tensors[component] = configurations.tensors(of: component).map { tensor in
                let count = tensor.shape.reduce(1, *)
                return Tensor(
                    name: String(tensor.name.dropFirst(component.rawValue.count + 1)), shape: tensor.shape,
                    values: generator.array(count))
            }
        }
    }

    static func file(_ component: Component) -> String {
        "\(component.rawValue)/\(component.weightsStem).safetensors"
    }

    static func bytes(_ tensors: some Sequence<Tensor>) -> [UInt8] {
        var builder = SafetensorsBuilder()
        for tensor in tensors { builder.add(tensor.name, tensor.shape, tensor.values, as: tensor.kind) }
        return builder.bytes
    }

    mutating func change(_ component: Component, _ body: (inout Tensor) -> Void) {
        for index in tensors[component, default: []].indices { body(&tensors[component, default: []][index]) }
    }

    /// Writes everything under `checkpoint/`, each component under its plain name.
    func write(to folder: TemporaryFolder) throws {
        for (name, text) in texts { try folder.write("checkpoint/" + name, text) }
        for (component, tensors) in tensors {
            let bytes = TinyCheckpoint.bytes(tensors)
            try folder.write("checkpoint/" + TinyCheckpoint.file(component), bytes)
        }
    }

    /// Values by the engine's names.
    var valuesByEngineName: [String: [Float]] {
        var values: [String: [Float]] = [:]
        for (component, list) in tensors {
            for tensor in list {
                if let name = NameMap.engineName(tensor.name, component: component) { values[name] = tensor.values }
            }
        }
        return values
    }
}

/// Converts `checkpoint/` in the folder to `model.sdq` beside it.
func convertTiny(_ folder: TemporaryFolder, precision: WeightPrecision = .int8) async throws -> Report {
    try await Converter(
        checkpoint: Checkpoint(path: folder.path("checkpoint")), policy: Policy(precision: precision, block: 16),
        outputPath: folder.path("model.sdq")
    ).run { _, _ in }
}
