import Foundation
import Quant
import TestFiles
import Testing

@testable import Architecture
@testable import convert

/// Fixtures of `architectures/`.
private let (v1, v2) = ("v1-4", "v2-1")

/// What is told from names, shapes and metadata alone: files without values, in full size.
@Suite struct SingleFileShapesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private typealias Tensor = TinyCheckpoint.Tensor

    private func shapes(_ architecture: String = v1) throws -> [Tensor] {
        let tensors = try SingleFileNames.fixture(architecture == v1 ? "v1" : "v2").shapes(architecture)
        return architecture == v1 ? tensors : tensors.withUnusedLayer()
    }

    private func open(
        _ tensors: [Tensor], metadata: [String: String] = [:], _ options: CheckpointOptions = CheckpointOptions()
    ) throws -> Checkpoint {
        try Checkpoint(path: folder.writeShapes(tensors, metadata: metadata), options: options)
    }

    private func values(_ checkpoint: Checkpoint, _ document: String) throws -> [String: JSONValue] {
        try decodeJSON([String: JSONValue].self, from: checkpoint.texts.read(document))
    }

    @Test func stableDiffusion1() throws {
        let checkpoint = try open(shapes())
        let configurations = checkpoint.configurations
        #expect(configurations.unet.blockOutChannels == [320, 640, 1280, 1280])
        #expect(configurations.unet.heads == [8, 8, 8, 8] && configurations.unet.crossAttentionDim == 768)
        #expect(!configurations.unet.useLinearProjection && configurations.unet.sampleSize == 64)
        #expect(configurations.vae.blockOutChannels == [128, 256, 512, 512] && configurations.vae.layersPerBlock == 2)
        #expect(configurations.vae.scalingFactor == 0.18215 && configurations.vae.sampleSize == 512)
        #expect(configurations.textEncoder.layers == 12 && configurations.textEncoder.heads == 12)
        #expect(configurations.textEncoder.activation == "quick_gelu")
        #expect(checkpoint.tensors.mapValues(\.count) == [.textEncoder: 196, .unet: 686, .vae: 248])
        #expect(
            checkpoint.notes == ["this is Stable Diffusion 1; it predicts epsilon: nothing in the file says otherwise"])
        let scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["_class_name"] == .text("PNDMScheduler") && scheduler["prediction_type"] == .text("epsilon"))
        #expect(scheduler["beta_start"] == .number(0.00085) && scheduler["timestep_spacing"] == nil)
        let tokenizer = try TokenizerFiles(checkpoint.texts)
        #expect(tokenizer.padToken == "<|endoftext|>" && tokenizer.tokens.count == 49_408)
    }

    @Test func stableDiffusion2() throws {
        let checkpoint = try open(shapes(v2), metadata: ["modelspec.prediction_type": "v"])
        let configurations = checkpoint.configurations
        #expect(configurations.unet.heads == [5, 10, 20, 20] && configurations.unet.crossAttentionDim == 1024)
        #expect(configurations.unet.useLinearProjection && configurations.unet.sampleSize == 96)
        #expect(configurations.textEncoder.layers == 23 && configurations.textEncoder.heads == 16)
        #expect(configurations.textEncoder.activation == "gelu" && configurations.textEncoder.intermediateSize == 4096)
        #expect(checkpoint.tensors.mapValues(\.count) == [.textEncoder: 372, .unet: 686, .vae: 248])
        let scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["_class_name"] == .text("DDIMScheduler"))
        #expect(try TokenizerFiles(checkpoint.texts).padToken == "!")
    }

    /// Files that diffusers' own scripts write have no layer too many.
    @Test func twentyThreeLayersAreAllUsed() throws {
        let tensors = try SingleFileNames.fixture("v2").shapes(v2)
        #expect(try open(tensors).configurations.textEncoder.layers == 23)
    }

    @Test(
        arguments: [
            (v1, [:], nil, "epsilon", "nothing in the file says otherwise"),
            (v1, ["global_step": "840000"], nil, "epsilon", "nothing in the file says otherwise"),
            (v1, ["modelspec.prediction_type": "v"], nil, "v", "its modelspec.prediction_type says so"),
            (v1, [:], .v, "v", "--prediction says so"),
            (
                v2, [:], nil, "epsilon",
                "judged by a norm, as ComfyUI does; if its pictures are noise, say --prediction v"
            ),
            (v2, ["modelspec.prediction_type": "epsilon"], nil, "epsilon", "its modelspec.prediction_type says so"),
            (v2, ["modelspec.prediction_type": "sample"], nil, "epsilon", "judged by a norm"),
            (v2, ["global_step": "875000"], nil, "epsilon", "its global_step is 875000"),
            (v2, ["global_step": "110000"], nil, "v", "its global_step is 110000"),
            (v2, ["modelspec.prediction_type": "v", "global_step": "875000"], nil, "v", "its modelspec"),
            (v2, ["modelspec.prediction_type": "v"], .epsilon, "epsilon", "--prediction says so"),
        ] as [(String, [String: String], Prediction?, String, String)])
    func prediction(
        _ architecture: String, _ metadata: [String: String], _ asked: Prediction?, _ expected: String, _ reason: String
    ) throws {
        let checkpoint = try open(
            shapes(architecture), metadata: metadata, CheckpointOptions(prediction: asked))
        #expect(checkpoint.notes[0].contains("; it predicts \(expected): \(reason)"))
        let scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["prediction_type"] == .text(expected == "v" ? "v_prediction" : "epsilon"))
        let ddim = architecture == v2 && expected == "v"
        #expect(scheduler["_class_name"] == .text(ddim ? "DDIMScheduler" : "PNDMScheduler"))
        #expect(checkpoint.configurations.unet.sampleSize == (ddim ? 96 : 64))
        #expect(scheduler["rescale_betas_zero_snr"] == nil)
    }

    /// SD-Turbo's single file says nothing, but has a name.
    @Test func turbo() throws {
        let checkpoint = try open(shapes(v2), CheckpointOptions(repository: "stabilityai/sd-turbo"))
        #expect(checkpoint.notes[0].hasSuffix("; it predicts epsilon: it is called SD-Turbo"))
        let scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["_class_name"] == .text("EulerDiscreteScheduler"))
        #expect(scheduler["timestep_spacing"] == .text("trailing") && scheduler["rescale_betas_zero_snr"] == nil)
        #expect(checkpoint.configurations.unet.sampleSize == 64)
        #expect(checkpoint.recommendation == Recommendation(steps: 1, guidanceScale: 0))
    }

    /// Marks without elements, as the tools write them.
    @Test func marks() throws {
        let (v, zero) = (Tensor(name: "v_pred", shape: [0], values: []), Tensor(name: "ztsnr", shape: [0], values: []))
        var checkpoint = try open(shapes() + [v])
        #expect(checkpoint.notes == ["this is Stable Diffusion 1; it predicts v: it has a mark named v_pred"])
        var scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["prediction_type"] == .text("v_prediction") && scheduler["timestep_spacing"] == nil)

        checkpoint = try open(shapes() + [v, zero])
        scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["_class_name"] == .text("DDIMScheduler"))
        #expect(
            scheduler["rescale_betas_zero_snr"] == .flag(true) && scheduler["timestep_spacing"] == .text("trailing"))

        checkpoint = try open(shapes() + [v, zero], CheckpointOptions(prediction: .epsilon))
        scheduler = try values(checkpoint, "scheduler/scheduler_config.json")
        #expect(scheduler["rescale_betas_zero_snr"] == nil, "the noise cannot be predicted from nothing but noise")
    }

    @Test func aGlobalStepMayBeATensor() throws {
        var builder = SafetensorsBuilder()
        builder.add("global_step", [], [875_000], as: .i64)
        builder.add("other", [2], [1, 2], as: .i64)
        let file = try SafetensorsFile(path: folder.write("steps.safetensors", builder.bytes))
        let sampling = try Sampling(file, version: .two, asked: nil)
        #expect(sampling.prediction == .epsilon && sampling.reason == "its global_step is 875000")
        #expect(try file.integer(#require(file.entries["other"])) == nil)
    }

    /// Offsets of standard deviation `spread` around 1.
    @Test(arguments: [(0.08, Prediction.epsilon), (0.1, .v)] as [(Float, Prediction)])
    func aNormTellsThePrediction(_ spread: Float, _ expected: Prediction) throws {
        var builder = SafetensorsBuilder()
        let name = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"
        builder.add(name, [4], [1 + spread, 1 - spread, 1 + spread, 1 - spread], as: .f32)
        let file = try SafetensorsFile(path: folder.write("norm.safetensors", builder.bytes))
        #expect(try Sampling(file, version: .two, asked: nil).prediction == expected)
        #expect(try Sampling(file, version: .one, asked: nil).prediction == .epsilon)
    }

    @Test func whatIsNotUsedIsSaidInOneLine() throws {
        let others = ["alphas_cumprod", #"betas\u001b[31m"#, "first_stage_model.loss.logvar", "zzz"].map {
            Tensor(name: $0, shape: [1000], values: [])
        }
        let notes = try open(shapes() + others).notes
        #expect(
            notes.last
                == "it has 4 tensors that are not used: 'alphas_cumprod', 'betas?[31m', 'first_stage_model.loss.logvar', …"
        )
    }

    @Test(
        arguments: [
            (
                ["model.diffusion_model.input_blocks.0.0.weight", "conditioner.embedders.1.model.ln_final.bias"],
                "Stable Diffusion XL"
            ),
            (["conditioner.embedders.0.model.ln_final.bias", "model.diffusion_model.out.2.bias"], "the refiner of"),
            (["model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias"], "Stable Diffusion 3"),
            (["double_blocks.0.img_attn.norm.key_norm.scale"], "Flux"),
            (["clip_txt_mapper.weight"], "Stable Cascade"),
            (["down_blocks.1.0.channelwise.0.weight"], "Stable Cascade"),
            (["y_embedder.y_embedding", "blocks.0.scale_shift_table"], "PixArt"),
            (["y_embedder.y_embedding", "attention_y_norm.weight"], "Sana"),
            (["model.diffusion_model.out.2.bias", "control_model.time_embed.0.weight"], "a ControlNet"),
            (["controlnet_cond_embedding.conv_in.weight"], "a ControlNet"),
            (["lora_unet_down_blocks_0_attentions_0_proj_in.alpha"], "a LoRA"),
            (["unet.down_blocks.0.attentions.0.proj_in.lora_A.weight"], "a LoRA"),
            (["emb_params"], "a textual inversion"),
            (["first_stage_model.decoder.conv_in.weight"], "an autoencoder alone"),
            (["decoder.conv_in.weight"], "an autoencoder alone"),
            (["down_blocks.0.resnets.0.conv1.weight"], "a U-Net in diffusers' names"),
            (["text_model.embeddings.token_embedding.weight"], "a text encoder alone"),
        ]) func othersAreRefusedByName(_ names: [String], _ kind: String) async throws
    {
        let path = try folder.writeShapes(names.map { Tensor(name: $0, shape: [1], values: []) })
        await expectError("\(path): this is \(kind)") { _ = try Checkpoint(path: path) }
    }

    @Test(arguments: [(5, "depth maps"), (8, "InstructPix2Pix"), (9, "Stable Diffusion for inpainting")])
    func otherInputsAreRefusedByName(_ channels: Int, _ kind: String) async throws {
        var tensors = try shapes()
        let first = try #require(tensors.firstIndex { $0.name == "model.diffusion_model.input_blocks.0.0.weight" })
        tensors[first].shape[1] = channels
        await expectError(kind) { _ = try open(tensors) }
    }

    private func refuse(
        _ expected: String, in architecture: String = v1, at location: SourceLocation = #_sourceLocation,
        _ change: (inout [Tensor]) throws -> Void
    ) async throws {
        var tensors = try shapes(architecture)
        try change(&tensors)
        await expectError(expected, at: location) { _ = try open(tensors) }
    }

    private func refuse(
        _ expected: String, _ name: String, in architecture: String = v1, shape: [Int]?,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        try await refuse(expected, in: architecture, at: location) { tensors in
            let index = try #require(tensors.firstIndex { $0.name == name }, sourceLocation: location)
            if let shape { tensors[index].shape = shape } else { tensors.remove(at: index) }
        }
    }

    @Test func damagedFilesAreRefused() async throws {
        let unet = "model.diffusion_model."
        let conv = unet + "output_blocks.5.2.conv.bias"
        try await refuse("model.safetensors: tensor '\(conv)' is missing", conv, shape: nil)
        try await refuse("'\(conv)' has the shape [7] where the architecture asks for [1280]", conv, shape: [7])
        let projection = "cond_stage_model.model.transformer.resblocks.3.attn.in_proj_weight"
        try await refuse("tensor '\(projection)' is missing", projection, in: v2, shape: nil)
        try await refuse(
            "'\(projection)' has the shape [2048, 1024] where the architecture asks for [3072, 1024]", projection,
            in: v2, shape: [2048, 1024])
        for name in [
            "input_blocks.0.0.weight", "input_blocks.7.0.out_layers.3.weight", "out.2.weight",
            "middle_block.1.transformer_blocks.0.attn2.to_k.weight",
        ] {
            try await refuse("tensor '\(unet)\(name)' is missing", unet + name, shape: nil)
            try await refuse("tensor '\(unet)\(name)' has the shape [2]", unet + name, shape: [2])
        }
        try await refuse(
            "tensor '\(unet)middle_block.1.proj_in.weight' has the shape of rank 9",
            unet + "middle_block.1.proj_in.weight", shape: [1, 1, 1, 1, 1, 1, 1, 1, 1])
        try await refuse(
            "an entry of block_out_channels is 0, expected 1 to 65536",
            unet + "input_blocks.4.0.out_layers.3.weight", shape: [0, 640, 3, 3])
        try await refuse(
            "(unet/config.json): an entry of block_out_channels is 200",
            unet + "input_blocks.4.0.out_layers.3.weight", shape: [200, 640, 3, 3])
        for block in [3, 6, 9] {
            let halving = "\(unet)input_blocks.\(block).0.op.weight"
            try await refuse("tensor '\(halving)' is missing", halving, shape: nil)
        }
        let tokens = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
        try await refuse("no text encoder", tokens, shape: nil)
        try await refuse(
            "tensor 'first_stage_model.quant_conv.bias' is missing", "first_stage_model.quant_conv.bias", shape: nil)
    }

    @Test func tensorsTooManyAreRefused() async throws {
        func add(_ name: String, _ shape: [Int] = [1]) -> (inout [Tensor]) -> Void {
            { $0.append(Tensor(name: name, shape: shape, values: [])) }
        }
        for name in [
            "model.diffusion_model.input_blocks.1.1.transformer_blocks.1.norm1.bias",
            "model.diffusion_model.input_blocks.99999999999999999999.0.op.weight",
            "model.diffusion_model.input_blocks.-1.0.op.weight", "first_stage_model.decoder.up.1.attn.0.q.bias",
            "cond_stage_model.transformer.text_model.encoder.layers.3.extra",
        ] {
            try await refuse("tensor '\(name)' does not belong to the architecture", add(name))
        }
        try await refuse("does not belong to the architecture", add(#"model.diffusion_model.a\u001b\nb"#))
        try await refuse(
            "more than one text encoder", add("cond_stage_model.model.token_embedding.weight", [8, 8]))
        try await refuse(
            "more than one text encoder",
            add("cond_stage_model.transformer.embeddings.token_embedding.weight", [8, 8]))
        try await refuse(
            "tensor 'model.diffusion_model.input_blocks.12.0.op.weight' is missing",
            add("model.diffusion_model.input_blocks.500.0.op.weight", [1, 1, 3, 3]))
        try await refuse("the autoencoder has 900 levels", add("first_stage_model.encoder.down.899.x"))
    }

    @Test func strangersAreRefused() async throws {
        let path = try folder.writeShapes([Tensor(name: #"a\nb"#, shape: [1], values: [])])
        await expectError(
            "no tensor's name begins with 'model.diffusion_model.', as in Stable Diffusion; the first of 1 is 'a?b'"
        ) {
            _ = try Checkpoint(path: path)
        }
        await expectError("no tensor's name begins with 'model.diffusion_model.'") { _ = try open([]) }
        try folder.write("notes.txt", "not a checkpoint")
        await expectError("notes.txt: the header claims") { _ = try Checkpoint(path: folder.path("notes.txt")) }
        for name in ["model.ckpt", "model.pt", "model.bin"] {
            try folder.write(name, "x")
            await expectError("\(name): pickled weights can run any code when they are opened and are not read; save") {
                _ = try Checkpoint(path: folder.path(name))
            }
            let vae = CheckpointOptions(vae: folder.path(name))
            await expectError("\(name): pickled weights") { _ = try Checkpoint(path: path, options: vae) }
        }
    }

    @Test func wrongAutoencodersAreRefused() async throws {
        let model = try folder.writeShapes(shapes())
        func refuse(_ expected: String, _ vae: String, at location: SourceLocation = #_sourceLocation) async throws {
            await expectError(expected, at: location) {
                _ = try Checkpoint(path: model, options: CheckpointOptions(vae: folder.path(vae)))
            }
        }
        try await refuse("absent: not an autoencoder", "absent")
        _ = try folder.writeShapes([Tensor(name: "x", shape: [1], values: [])], as: "x.safetensors")
        try await refuse("x.safetensors: not an autoencoder", "x.safetensors")
        try folder.write("vae/config.json", #"{"_class_name":"AutoencoderTiny"}"#)
        try await refuse("vae: diffusion_pytorch_model.safetensors is missing", "vae")
        var vae = try shapes().filter { $0.name.hasPrefix("first_stage_model.") }
        _ = try folder.writeShapes(vae, as: "vae/diffusion_pytorch_model.safetensors")
        try await refuse("vae/config.json: _class_name is 'AutoencoderTiny', expected 'AutoencoderKL'", "vae")

        // As those of Stable Diffusion 3 and Flux.
        for index in vae.indices where vae[index].name == "first_stage_model.decoder.conv_in.weight" {
            vae[index].shape[1] = 16
        }
        _ = try folder.writeShapes(vae, as: "vae.safetensors")
        try await refuse("in_channels is 4, expected the autoencoder's latent_channels, 16", "vae.safetensors")
    }

    @Test func someOptionsAreForSingleFiles() async throws {
        let tiny = try TinyCheckpoint()
        try tiny.write(to: folder)
        await expectError("--prediction is for single files; in a folder scheduler/scheduler_config.json says it") {
            _ = try Checkpoint(path: folder.path("checkpoint"), options: CheckpointOptions(prediction: .v))
        }
        await expectError("--ema is for single files") {
            _ = try Checkpoint(path: folder.path("checkpoint"), options: CheckpointOptions(averaged: true))
        }
    }

    /// Random changes of a header: an error of one line, or a checkpoint all of whose tensors are as expected.
    @Test func changedHeadersNeverCrash() throws {
        let names = try SingleFileNames.fixture("tiny1")
        let (original, byteCount) = names.stored(try names.checkpoint()).headerBytes()
        var generator = SeededGenerator(seed: 11)
        var refused = 0
        for _ in 0..<300 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 8..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 32..<127, using: &generator)
            }
            let path = try folder.write("fuzz.safetensors", bytes)
            try #require(truncate(path, byteCount) == 0)
            do {
                let checkpoint = try Checkpoint(path: path)
                #expect(checkpoint.tensors.count == checkpoint.configurations.components.count)
            } catch {
                refused += 1
                #expect("\(error)".count < 1000 && !"\(error)".contains { $0.isNewline })
            }
        }
        #expect(refused > 100)
    }
}
