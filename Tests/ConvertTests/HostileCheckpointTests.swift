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
        try await refuse("tensor 'extra?weight' does not belong to the architecture") {
            $0.tensors[.unet]?.append(.init(name: #"extra\nweight"#, shape: [2], values: [1, 2]))
        }
        try await refuse("tensor 'conv_out.bias' has the shape [2, 2] where the architecture asks for [4]") {
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
            let width = [Float](repeating: 1, count: 16)
            checkpoint.tensors[.textEncoder]?.append(
                .init(name: "text_model.final_layer_norm.bias", shape: [16], values: width))
        }
        for value in [Float.nan, .infinity] {
            try await refuse("tensor 'mid_block.resnets.0.conv1.weight' holds a NaN or an infinity") {
                $0.change(.unet) { if $0.name == "mid_block.resnets.0.conv1.weight" { $0.values[500] = value } }
            }
        }
    }

    @Test func safetyCheckersThatDoNotFit() async throws {
        func refuse(_ expected: String, _ change: (inout TinyCheckpoint) throws -> Void) async throws {
            try await self.refuse(expected) { checkpoint in
                checkpoint = try TinyCheckpoint(safetyChecker: true)
                try change(&checkpoint)
            }
        }
        try await refuse("feature_extractor/preprocessor_config.json: ") {
            $0.texts["feature_extractor/preprocessor_config.json"] = nil
        }
        try await refuse("tensor 'safety_checker.concept_embeds_weights' is missing") {
            $0.tensors[.safetyChecker]?.removeAll { $0.name == "concept_embeds_weights" }
        }
        try await refuse("tensor 'visual_projection.bias' does not belong to the architecture") {
            $0.tensors[.safetyChecker]?.append(.init(name: "visual_projection.bias", shape: [1], values: [1]))
        }
        try await refuse("tensor 'concept_embeds' has the shape [12, 17] where the architecture asks for [17, 12]") {
            $0.change(.safetyChecker) { if $0.name == "concept_embeds" { $0.shape = [12, 17] } }
        }
        try await refuse("tensor 'special_care_embeds_weights' holds a NaN or an infinity") {
            $0.change(.safetyChecker) { if $0.name == "special_care_embeds_weights" { $0.values[2] = .nan } }
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

    @Test func wrongTokenizers() async throws {
        let vocabulary = "tokenizer/vocab.json"
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":3"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":-2"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""é":9000000000"#)
        try await refuse("the ids are not 0 to 5, each once", in: vocabulary, #""é":2"#, #""":2"#)
        try await refuse("token 2 holds a line break", in: vocabulary, #""é":2"#, #""\n":2"#)
        try await refuse("a value of type Int is expected at 'x?y'", in: vocabulary, #""é":2"#, #""x\ny":"z""#)
        try await refuse("merge 1 is not two tokens", in: "tokenizer/merges.txt", "a b</w>", "a b c")
        try await refuse(
            "7 tokens, but the text encoder's vocab_size is 6", in: vocabulary, #""é":2"#,
            #""é":2,"x":6"#)
        folder.remove("checkpoint/" + vocabulary)
        await expectError("tokenizer: vocab.json with merges.txt, or tokenizer.json, is missing") {
            _ = try await convertTiny(folder)
        }
    }

    @Test func otherPadding() async throws {
        let config = "tokenizer/tokenizer_config.json"
        let map = "tokenizer/special_tokens_map.json"
        let refusal = "pad_token is '[PAD]?', expected '<|endoftext|>' or '!', as in Stable Diffusion 1 and 2"
        let pad = #"{"pad_token":"[PAD]\n"}"#
        try await refuse("\(config): \(refusal)") { $0.texts[config] = pad }
        try await refuse("\(config): malformed JSON") { $0.texts[config] = #"{"pad_token":7}"# }
        try await refuse("tokenizer: pad_token '!' is none of the tokens") { $0.texts[config] = #"{"pad_token":"!"}"# }
        try await refuse("\(map): \(refusal)") { $0.texts[map] = pad }
    }

    @Test func otherLengths() async throws {
        let config = "tokenizer/tokenizer_config.json"
        try await refuse("\(config): model_max_length is 64, expected 77") {
            $0.texts[config] = #"{"model_max_length":64}"#
        }
        try await refuse("\(config): model_max_length is '77', expected 77") {
            $0.texts[config] = #"{"model_max_length":"77"}"#
        }
    }

    @Test func missingParts() async throws {
        await expectError("neither a diffusers folder") { _ = try await convertTiny(folder) }
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
        try TinyCheckpoint(safetyChecker: true).write(to: folder)
        folder.remove("checkpoint/" + TinyCheckpoint.file(.safetyChecker))
        try folder.write("checkpoint/safety_checker/pytorch_model.bin", "x")
        await expectError("are not read; leave them out with --no-safety-checker, or save them") {
            _ = try await convertTiny(folder)
        }
        try folder.write("sd-v1-4.ckpt", "x")
        await expectError("sd-v1-4.ckpt: pickled weights") {
            _ = try Checkpoint(path: folder.path("sd-v1-4.ckpt"))
        }
        #expect(!folder.names().contains("model.sdq"))
    }
}
