import TestFiles
import Testing

@testable import SDLite

/// LoRA files as they should not be, each with one error on one line that names the file and what is wrong.
@Suite struct HostileLoRATests {
    private static let layer = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
    private static let convolution = "lora_unet_mid_block_resnets_0_conv1"
    private static let prompt = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"

    private struct Tensor {
        var name: String
        var shape: [Int]
        var value: Float = 0.5
        var kind = SafetensorsBuilder.Kind.f32
    }

    private let folder: TemporaryFolder
    private let model: Model

    init() throws {
        folder = try TemporaryFolder()
        model = try Model(path: TinyModel.path(.fp16))
    }

    private func bytes(_ tensors: [Tensor], metadata: [String: String] = [:]) -> [UInt8] {
        var builder = SafetensorsBuilder()
        builder.metadata.merge(metadata) { $1 }
        for tensor in tensors {
            let count = tensor.shape.reduce(1, *)
            builder.add(tensor.name, tensor.shape, [Float](repeating: tensor.value, count: count), as: tensor.kind)
        }
        return builder.bytes
    }

    private func pair(_ layer: String = Self.layer, down: [Int] = [2, 32], up: [Int] = [32, 2]) -> [Tensor] {
        [Tensor(name: layer + ".lora_down.weight", shape: down), Tensor(name: layer + ".lora_up.weight", shape: up)]
    }

    private func expectError(
        _ expected: String, _ bytes: [UInt8], at location: SourceLocation = #_sourceLocation
    ) throws {
        let path = try folder.write("bad.safetensors", bytes)
        do {
            _ = try LoRA(path: path, model: model)
            Issue.record("no error; expected: \(expected)", sourceLocation: location)
        } catch {
            #expect(
                "\(error)".contains(expected) && "\(error)".hasPrefix(path + ": "), "\(error)", sourceLocation: location
            )
            #expect(!"\(error)".contains("\n"), sourceLocation: location)
        }
    }

    @Test func theRightOneIsTaken() throws {
        let alpha = Tensor(name: Self.layer + ".alpha", shape: [], value: 4, kind: .f16)
        let path = try folder.write("good.safetensors", bytes(pair() + [alpha]))
        let lora = try LoRA(path: path, model: model)
        #expect(lora.name == "good" && lora.scale == 1 && lora.byteCount == 2 * 2 * (32 + 32))
    }

    @Test func damagedFiles() throws {
        let whole = bytes(pair())
        try expectError("the file is truncated", Array(whole.dropLast(4)))
        try expectError("at least 8 are needed", [1, 2, 3])
        try expectError("malformed JSON", SafetensorsBuilder.file(json: "{nonsense", data: []))
        var infinite = pair()
        infinite[1].value = .infinity
        try expectError("tensor '\(Self.layer).lora_up.weight' holds a NaN or an infinity", bytes(infinite))
        infinite[1].value = .nan
        try expectError("holds a NaN or an infinity", bytes(infinite))
        var integers = pair()
        (integers[0].kind, integers[0].value) = (.i64, 1)
        try expectError("has the type 'I64'", bytes(integers))
        try expectError(
            "malformed JSON", bytes(pair(), metadata: ["lora_adapter_metadata": #"{\"unet.lora_alpha\": \"four\"}"#]))
    }

    @Test func shapes() throws {
        try expectError("has the shape [2, 31] where the model asks for [2, 32]", bytes(pair(down: [2, 31])))
        try expectError("has the shape [2, 32] where the model asks for [32, 2]", bytes(pair(up: [2, 32])))
        try expectError("has the shape [32, 3] where the model asks for [32, 2]", bytes(pair(up: [32, 3])))
        try expectError("has the shape [32] where", bytes(pair(down: [32])))
        try expectError("impossible shape [0, 32]", bytes(pair(down: [0, 32], up: [32, 0])))
        try expectError(
            "where the model asks for [2, 32, 3, 3]",
            bytes(pair(Self.convolution, down: [2, 32, 1, 1], up: [32, 2, 3, 3])))
        let alpha = Tensor(name: Self.layer + ".alpha", shape: [2])
        try expectError("expected one number", bytes(pair() + [alpha]))
    }

    @Test func otherModels() throws {
        try expectError(
            "this is a LoRA for Stable Diffusion XL, which the model is not",
            bytes(pair(Self.prompt, down: [2, 2048], up: [16, 2])))
        try expectError(
            "this is a LoRA for Stable Diffusion 2,", bytes(pair(Self.prompt, down: [2, 1024], up: [16, 2])))
        try expectError(
            "is for Stable Diffusion XL; what can be read are LoRA and LoCon for Stable Diffusion 1 and 2",
            bytes(pair() + pair("lora_te1_text_model_encoder_layers_0_self_attn_q_proj")))
        try expectError(
            "is for Stable Diffusion XL",
            bytes(pair("unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q")))
    }

    @Test func otherMethods() throws {
        for (name, kind) in [
            ("hada_w1_a", "LoHa"), ("lokr_w1", "LoKr"), ("dora_scale", "DoRA"), ("oft_blocks", "OFT"),
            ("lora_mid.weight", "CP decomposition"), ("diff_b", "a whole difference"),
        ] {
            try expectError(
                "tensor '\(Self.layer).\(name)' is ",
                bytes(pair() + [Tensor(name: Self.layer + "." + name, shape: [2, 2])]))
            try expectError(kind, bytes([Tensor(name: Self.layer + "." + name, shape: [2, 2])]))
        }
    }

    @Test func names() throws {
        try expectError(
            "tensor 'lora_unet_nowhere.lora_down.weight' belongs to none of the model's layers, and 1 more",
            bytes(pair() + pair("lora_unet_nowhere")))
        try expectError(
            "no LoRA for this model: 'conv_in.weight' belongs to none of the model's layers",
            bytes([Tensor(name: "conv_in.weight", shape: [16, 4, 3, 3])]))
        try expectError("no LoRA for this model; what can be read", bytes([]))
        try expectError("is there without the one for 'up'", bytes([pair()[0]]))
        try expectError("is there without the one for 'down'", bytes([pair()[1]]))
        let dotted = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight"
        try expectError("there are two tensors like", bytes(pair() + [Tensor(name: dotted, shape: [2, 32])]))
        try expectError(
            "belongs to none",
            bytes(pair("lora_te_text_model_embeddings_token_embedding", down: [2, 16], up: [49408, 2])))
    }
}
