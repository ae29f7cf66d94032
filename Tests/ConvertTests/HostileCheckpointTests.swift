import Quant
import TestFiles
import Testing

@testable import convert

/// Checkpoints with one thing wrong each: a one-line error that names file and tensor, and no output.
@Suite struct HostileCheckpointTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func refuse(
        _ expected: String, precision: WeightPrecision = .int8, at location: SourceLocation = #_sourceLocation,
        _ change: (inout TinyCheckpoint) throws -> Void
    ) async throws {
        var checkpoint = try TinyCheckpoint()
        try change(&checkpoint)
        try checkpoint.write(to: folder)
        await expectError(expected, at: location) { _ = try await convertTiny(folder, precision: precision) }
        #expect(folder.names() == ["checkpoint"], sourceLocation: location)
    }

    /// Replaces a part of a text file.
    func refuse(
        _ expected: String, in file: String, _ old: String, _ new: String,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        try await refuse(expected, at: location) { checkpoint in
            let parts = try #require(checkpoint.texts[file]).split(separator: old, omittingEmptySubsequences: false)
            #expect(parts.count == 2, "'\(old)' is not there once", sourceLocation: location)
            checkpoint.texts[file] = parts.joined(separator: new)
        }
    }

    @Test func tensorsThatDoNotFitTheArchitecture() async throws {
        try await refuse("safetensors: tensor 'unet.conv_out.bias' is missing") {
            $0.tensors[.unet]?.removeAll { $0.name == "conv_out.bias" }
        }
        try await refuse("tensor 'vae.decoder.conv_in.weight' is missing, and 1 more") {
            $0.tensors[.vae]?.removeAll { $0.name.hasPrefix("decoder.conv_in.") }
        }
        try await refuse("tensor 'extra.weight' does not belong to the architecture") {
            $0.tensors[.unet]?.append(.init(name: "extra.weight", shape: [2], values: [1, 2]))
        }
        try await refuse("tensor 'conv_out.bias' has the shape [2, 2] where config.json asks for [4]") {
            $0.change(.unet) { if $0.name == "conv_out.bias" { $0.shape = [2, 2] } }
        }
        try await refuse("tensor 'conv_out.bias' has the type 'I64'") {
            $0.change(.unet) { tensor in
                guard tensor.name == "conv_out.bias" else { return }
                tensor.kind = .i64
                tensor.values = [1, 2, 3, 4]
            }
        }
        try await refuse("tensor 'text_encoder.final_layer_norm.bias' is there twice") { checkpoint in
            let width = [Float](repeating: 1, count: 12)
            checkpoint.tensors[.textEncoder]?.append(
                .init(name: "text_model.final_layer_norm.bias", shape: [12], values: width))
        }
        for value in [Float.nan, .infinity] {
            try await refuse("tensor 'mid_block.resnets.0.conv1.weight' holds a NaN or an infinity") {
                $0.change(.unet) { if $0.name == "mid_block.resnets.0.conv1.weight" { $0.values[500] = value } }
            }
        }
    }

    @Test func damagedWeights() async throws {
        try TinyCheckpoint().write(to: folder)
        let name = "checkpoint/" + TinyCheckpoint.file(.unet)
        let bytes = try folder.read(name)
        for count in [0, 5, 100, bytes.count / 2, bytes.count - 1] {
            try folder.write(name, Array(bytes.prefix(count)))
            await expectError("unet/diffusion_pytorch_model.safetensors: ") { _ = try await convertTiny(folder) }
        }
        #expect(folder.names() == ["checkpoint"])
    }

    @Test func otherArchitectures() async throws {
        let index = "model_index.json"
        try await refuse(
            "a pipeline with text_encoder_2", in: index, #""safety_checker""#,
            #""text_encoder_2":["transformers","CLIPTextModelWithProjection"],"safety_checker""#)
        try await refuse(
            "a pipeline with transformer", in: index, #""safety_checker""#,
            #""transformer":["diffusers","SD3Transformer2DModel"],"safety_checker""#)
        try await refuse(
            "unet/config.json: this is 'UNet3DConditionModel'", in: "unet/config.json",
            "UNet2DConditionModel", "UNet3DConditionModel")
        try await refuse(
            "vae/config.json: this is 'AutoencoderTiny'", in: "vae/config.json",
            "AutoencoderKL", "AutoencoderTiny")
        try await refuse(
            "text_encoder/config.json: this is 'T5EncoderModel'", in: "text_encoder/config.json",
            "CLIPTextModel", "T5EncoderModel")
        try await refuse(
            "this is 'class_embed_type = timestep'", in: "unet/config.json",
            #""class_embed_type":null"#, #""class_embed_type":"timestep""#)
        try await refuse(
            "this is 'only_cross_attention = a list'", in: "unet/config.json",
            #""only_cross_attention":false"#, #""only_cross_attention":[true,false]"#)
        try await refuse(
            "this is 'AttnDownBlock2D'", in: "unet/config.json",
            #""CrossAttnDownBlock2D""#, #""AttnDownBlock2D""#)
        try await refuse(
            "this is 'AttnUpDecoderBlock2D'", in: "vae/config.json",
            #"["UpDecoderBlock2D""#, #"["AttnUpDecoderBlock2D""#)
    }

    @Test func wrongConfigurations() async throws {
        let unet = "unet/config.json"
        try await refuse("unet/config.json: malformed JSON", in: unet, "{", "")
        try await refuse("malformed JSON", in: unet, "[8,16]", #""wide""#)
        try await refuse("a number of channels is not in 1...65536", in: unet, "[8,16]", "[8,-16]")
        try await refuse("malformed JSON", in: unet, "[8,16]", "[8,1e30]")
        try await refuse("a number of channels is not in 1...65536", in: unet, "[8,16]", "[8,9223372036854775807]")
        try await refuse("differ in length", in: unet, "[8,16]", "[8,16,16]")
        try await refuse("block_out_channels needs 1 to 8 entries", in: unet, "[8,16]", "[]")
        try await refuse(
            "layers_per_block is not in 1...16", in: unet,
            #""layers_per_block":1"#, #""layers_per_block":1000000000"#)
        try await refuse("are not 0 groups", in: unet, #""norm_num_groups":4"#, #""norm_num_groups":0"#)
        try await refuse(
            "8 channels are not 3 heads", in: unet,
            #""attention_head_dim":2"#, #""attention_head_dim":3"#)
        try await refuse("hidden_size is 12", in: unet, #""cross_attention_dim":12"#, #""cross_attention_dim":16"#)
        try await refuse(
            "num_hidden_layers is not in 1...128", in: "text_encoder/config.json",
            #""num_hidden_layers":2"#, #""num_hidden_layers":4000000000"#)
        try await refuse("a number of channels is not in 1...32768", in: "vae/config.json", "[8,8]", "[8,100000]")
    }

    @Test func wrongTokenizers() async throws {
        let vocabulary = "tokenizer/vocab.json"
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":3"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":-2"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":9000000000"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""":2"#)
        try await refuse("token 2 holds a line break", in: vocabulary, #""é":2"#, #""\n":2"#)
        try await refuse("merge 1 is not two tokens", in: "tokenizer/merges.txt", "a b</w>", "a b c")
        try await refuse(
            "7 tokens, but the text encoder's vocab_size is 6", in: vocabulary, #""é":2"#,
            #""é":2,"x":6"#)
        folder.remove("checkpoint/" + vocabulary)
        await expectError("tokenizer: vocab.json with merges.txt, or tokenizer.json, is missing") {
            _ = try await convertTiny(folder)
        }
    }

    @Test func missingParts() async throws {
        await expectError("not a diffusers folder") { _ = try await convertTiny(folder) }
        try await refuse("cannot be opened") { $0.texts["vae/config.json"] = nil }
        let other = try TemporaryFolder()
        try TinyCheckpoint().write(to: other)
        other.remove("checkpoint/scheduler/scheduler_config.json")
        await expectError("scheduler/scheduler_config.json is missing") { _ = try await convertTiny(other) }
    }

    @Test func picklesAreRefused() async throws {
        try TinyCheckpoint().write(to: folder)
        folder.remove("checkpoint/" + TinyCheckpoint.file(.unet))
        await expectError("unet: diffusion_pytorch_model.safetensors is missing") { _ = try await convertTiny(folder) }
        try folder.write("checkpoint/unet/diffusion_pytorch_model.bin", "x")
        await expectError("diffusion_pytorch_model.bin: pickled weights") { _ = try await convertTiny(folder) }
        try folder.write("sd-v1-4.ckpt", "x")
        await expectError("sd-v1-4.ckpt: pickled weights") {
            _ = try CheckpointFolder(root: folder.path("sd-v1-4.ckpt"))
        }
        #expect(!folder.names().contains("model.sdq"))
    }
}
