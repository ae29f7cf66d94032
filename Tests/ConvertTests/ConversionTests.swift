import Quant
import TestFiles
import Testing

@testable import Architecture
@testable import convert

@Suite struct ConversionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Compares every tensor of model.sdq with the checkpoint's values.
    func check(_ checkpoint: TinyCheckpoint, at location: SourceLocation = #_sourceLocation) throws {
        let file = try WeightFile(path: folder.path("model.sdq"))
        try file.verify()
        let expected = checkpoint.valuesByEngineName
        #expect(Set(file.header.tensors.map(\.name)) == Set(expected.keys), sourceLocation: location)
        for entry in file.header.tensors {
            let values = entry.decode(file.lend(entry).bytes)
            // Values in ±1: fp16 rounds by 2⁻¹² at most; int8 may clamp a block's largest by 2 %.
            let tolerance: Float = entry.scheme == .int8Panels ? 0.0205 : 0.00025
            let worst = zip(values, expected[entry.name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst <= tolerance, "\(entry.name)", sourceLocation: location)
        }
    }

    @Test(arguments: WeightPrecision.allCases) func everythingArrives(_ precision: WeightPrecision) async throws {
        let checkpoint = try TinyCheckpoint()
        try checkpoint.write(to: folder)
        let report = try await convertTiny(folder, precision: precision)
        try check(checkpoint)
        #expect(folder.names() == ["checkpoint", "model.sdq"])
        #expect(report.rows.map(\.component) == [.textEncoder, .unet, .vae])
        #expect(try folder.read("model.sdq").count == report.fileByteCount)
        let all = checkpoint.tensors.mapValues { $0.reduce(0) { $0 + $1.values.count } }
        for row in report.rows {
            #expect(row.parameters == all[row.component])
            #expect(row.bytesIn == row.parameters * 4)
            // Uniform values rounded to 8 bits: about (1 / 127 / √12) / (1 / √3) = 4e-3; to fp16: below 3e-4.
            let range = precision == .int8 ? 1e-3..<6e-3 : 1e-5..<3e-4
            #expect(range.contains(row.error.relativeRMS), "\(row.component): \(row.error.relativeRMS)")
        }
    }

    @Test func policyDecidesTheSchemes() async throws {
        try TinyCheckpoint().write(to: folder)
        _ = try await convertTiny(folder)
        let file = try WeightFile(path: folder.path("model.sdq"))
        func scheme(_ name: String) -> Scheme? { file.entry(name)?.scheme }
        #expect(scheme("text_encoder.embeddings.token_embedding.weight") == .f16)
        #expect(scheme("text_encoder.encoder.layers.1.self_attn.q_proj.weight") == .int8Panels)
        #expect(scheme("text_encoder.encoder.layers.1.self_attn.q_proj.bias") == .f16)
        #expect(scheme("unet.conv_in.weight") == .f16Panels)
        #expect(scheme("unet.time_embedding.linear_2.weight") == .f16Panels)
        #expect(scheme("unet.down_blocks.0.resnets.0.conv1.weight") == .int8Panels)
        #expect(scheme("unet.down_blocks.0.resnets.0.norm1.weight") == .f16)
        #expect(scheme("vae.decoder.conv_out.weight") == .f16Panels)
        #expect(scheme("vae.decoder.mid_block.attentions.0.to_q.weight") == .int8Panels)
        #expect(file.header.tensors.filter { $0.scheme == .int8Panels }.allSatisfy { $0.block == 16 })
    }

    /// What decides about a picture keeps every bit, also of values that 16 bits would round.
    @Test(arguments: WeightPrecision.allCases) func theSafetyChecker(_ precision: WeightPrecision) async throws {
        let checkpoint = try TinyCheckpoint(safetyChecker: true)
        try checkpoint.write(to: folder)
        let report = try await convertTiny(folder, precision: precision)
        try check(checkpoint)
        #expect(report.rows.map(\.component) == [.textEncoder, .unet, .vae, .safetyChecker])
        let file = try WeightFile(path: folder.path("model.sdq"))
        func entry(_ name: String) throws -> TensorEntry {
            try #require(file.entry("safety_checker." + name), "\(name)")
        }
        for name in ["special_care_embeds", "concept_embeds"].flatMap({ [$0, $0 + "_weights"] }) {
            let entry = try entry(name)
            #expect(entry.scheme == .f32)
            #expect(entry.decode(file.lend(entry).bytes) == checkpoint.valuesByEngineName[entry.name])
        }
        #expect(try entry("vision_model.embeddings.position_embedding.weight").scheme == .f16)
        #expect(try entry("vision_model.embeddings.class_embedding").scheme == .f16)
        #expect(try entry("vision_model.embeddings.patch_embedding.weight").scheme == .f16Panels)
        #expect(try entry("visual_projection.weight").scheme == .f16Panels)
        let layer = try entry("vision_model.encoder.layers.0.mlp.fc1.weight")
        #expect(layer.scheme == (precision == .int8 ? .int8Panels : .f16Panels))
        for name in ["safety_checker/config.json", "feature_extractor/preprocessor_config.json"] {
            #expect(String(decoding: try file.document(name), as: UTF8.self) == checkpoint.texts[name])
        }
    }

    @Test func theSafetyCheckerCanBeLeftOut() async throws {
        try TinyCheckpoint(safetyChecker: true).write(to: folder)
        #expect(try Checkpoint(path: folder.path("checkpoint")).notes == [])
        let part = try Checkpoint(path: folder.path("checkpoint"), options: CheckpointOptions(safetyChecker: false))
        #expect(part.notes == ["safety_checker, feature_extractor will not be part of the model file"])
        _ = try await Converter(
            checkpoint: part, policy: Policy(precision: .int8, block: 16), outputPath: folder.path("model.sdq")
        ).run { _, _ in }
        let file = try WeightFile(path: folder.path("model.sdq"))
        #expect(file.header.tensors.allSatisfy { $0.component != "safety_checker" })
        #expect(!file.hasDocument("safety_checker/config.json"))
        #expect(!file.hasDocument("feature_extractor/preprocessor_config.json"))
    }

    /// As after downloading only what is needed to paint.
    @Test func aSafetyCheckerThatIsNotThereIsLeftOut() async throws {
        var checkpoint = try TinyCheckpoint(safetyChecker: true)
        checkpoint.tensors[.safetyChecker] = nil
        checkpoint.texts["safety_checker/config.json"] = nil
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        try check(checkpoint)
        let notes = try Checkpoint(path: folder.path("checkpoint")).notes
        #expect(notes == ["safety_checker, feature_extractor will not be part of the model file"])
    }

    @Test func documentsTravelInside() async throws {
        let checkpoint = try TinyCheckpoint()
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        let file = try WeightFile(path: folder.path("model.sdq"))
        func text(_ name: String) throws -> String { String(decoding: try file.document(name), as: UTF8.self) }
        for name in [
            "model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json",
            "scheduler/scheduler_config.json", "tokenizer/tokenizer_config.json",
        ] {
            #expect(try text(name) == checkpoint.texts[name])
        }
        #expect(try text("tokenizer/tokens.txt") == "a\nb</w>\né\nab</w>\n<|startoftext|>\n<|endoftext|>\n")
        #expect(try text("tokenizer/merges.txt") == "a b</w>\n")
        #expect(try text("tokenizer/pad_token.txt") == "<|endoftext|>\n")
        #expect(try text("LICENSE.txt") == "Free as the wind.\n")
    }

    @Test func theLicenceMayBeAModelCardsOrNone() async throws {
        var checkpoint = try TinyCheckpoint()
        checkpoint.texts["LICENSE.md"] = nil
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        var licence = try WeightFile(path: folder.path("model.sdq")).document("LICENSE.txt")
        #expect(String(decoding: licence, as: UTF8.self).hasPrefix("No licence was found"))
        try folder.write("checkpoint/README.md", "---\ntags:\n- x\nlicense: creativeml-openrail-m\n---\n# A model\n")
        _ = try await convertTiny(folder)
        licence = try WeightFile(path: folder.path("model.sdq")).document("LICENSE.txt")
        #expect(String(decoding: licence, as: UTF8.self).hasPrefix("license: creativeml-openrail-m"))
    }

    @Test func halfPrecisionSourcesAreRead() async throws {
        var checkpoint = try TinyCheckpoint()
        checkpoint.change(.unet) { $0.kind = .f16 }
        checkpoint.change(.vae) { tensor in
            tensor.kind = .bf16
            tensor.values = tensor.values.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
        }
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        try check(checkpoint)
    }

    @Test func oldNamesAreUnderstood() async throws {
        var checkpoint = try TinyCheckpoint(safetyChecker: true)
        checkpoint.change(.vae) { tensor in
            guard tensor.name.contains(".attentions.") else { return }
            for (new, old) in [("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")] {
                let renamed = tensor.name.split(separator: ".to_").first.map { "\($0).\(old)" } ?? ""
                if tensor.name.contains(".\(new).weight") {
                    tensor.name = renamed + ".weight"
                    tensor.shape += [1, 1]
                } else if tensor.name.contains(".\(new).bias") {
                    tensor.name = renamed + ".bias"
                }
            }
        }
        checkpoint.change(.textEncoder) { $0.name = "text_model." + $0.name }
        checkpoint.change(.safetyChecker) { tensor in
            if tensor.name.hasPrefix("vision_model.") { tensor.name = "vision_model." + tensor.name }
        }
        checkpoint.tensors[.safetyChecker]?.append(
            TinyCheckpoint.Tensor(
                name: "vision_model.vision_model.embeddings.position_ids", shape: [1, 5], values: [0, 1, 2, 3, 4],
                kind: .i64))
        checkpoint.tensors[.textEncoder]?.append(
            TinyCheckpoint.Tensor(
                name: "text_model.embeddings.position_ids", shape: [1, 7], values: [0, 1, 2, 3, 4, 5, 6], kind: .i64))
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        try check(checkpoint)
    }

    @Test func variantsAndShardsAreFound() async throws {
        let checkpoint = try TinyCheckpoint()
        try checkpoint.write(to: folder)
        for component in Component.allCases { folder.remove("checkpoint/" + TinyCheckpoint.file(component)) }
        let text = try #require(checkpoint.tensors[.textEncoder])
        try folder.write("checkpoint/text_encoder/model.fp16.safetensors", TinyCheckpoint.bytes(text))
        for (component, index) in [
            (Component.unet, "diffusion_pytorch_model.safetensors.index.json"),
            (.vae, "diffusion_pytorch_model.safetensors.index.fp16.json"),
        ] {
            let tensors = try #require(checkpoint.tensors[component])
            let half = tensors.count / 2
            var map: [String] = []
            for (shard, part) in [("one.safetensors", tensors[..<half]), ("two.safetensors", tensors[half...])] {
                try folder.write("checkpoint/\(component.rawValue)/\(shard)", TinyCheckpoint.bytes(part))
                map += part.map { #""\#($0.name)":"\#(shard)""# }
            }
            try folder.write(
                "checkpoint/\(component.rawValue)/\(index)", #"{"weight_map":{\#(map.joined(separator: ","))}}"#)
        }
        _ = try await convertTiny(folder)
        try check(checkpoint)
    }

    /// Biases beyond fp16 stay fp32; weights beyond it are no trouble for int8 and an error for fp16.
    @Test func valuesBeyondHalf() async throws {
        var checkpoint = try TinyCheckpoint()
        checkpoint.change(.unet) { if $0.name == "conv_in.bias" { $0.values[3] = 1e6 } }
        try checkpoint.write(to: folder)
        _ = try await convertTiny(folder)
        let file = try WeightFile(path: folder.path("model.sdq"))
        let entry = try #require(file.entry("unet.conv_in.bias"))
        #expect(entry.scheme == .f32)
        #expect(entry.decode(file.lend(entry).bytes) == checkpoint.valuesByEngineName["unet.conv_in.bias"])

        checkpoint.change(.unet) { if $0.name == "conv_in.weight" { $0.values[100] = 1e6 } }
        try checkpoint.write(to: folder)
        await expectError("tensor 'conv_in.weight' holds values too large for fp16") {
            _ = try await convertTiny(folder)
        }
    }

    @Test func stoppingLeavesTheOldFile() async throws {
        try TinyCheckpoint().write(to: folder)
        try folder.write("model.sdq", "old")
        let converter = try Converter(
            checkpoint: Checkpoint(path: folder.path("checkpoint")), policy: Policy(precision: .int8, block: 16),
            outputPath: folder.path("model.sdq"))
        await expectError("interrupted; nothing was kept") {
            _ = try await converter.run { done, total in
                #expect(folder.names().count == 3)
                if done > total / 2 { throw ConvertError.interrupted }
            }
        }
        #expect(folder.names() == ["checkpoint", "model.sdq"])
        #expect(try folder.read("model.sdq") == Array("old".utf8))
    }
}

/// Expects an error whose description contains this text and is one line.
func expectError(
    _ expected: String, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("no error; expected: \(expected)", sourceLocation: location)
    } catch {
        #expect(error is FormatError || error is ConvertError, sourceLocation: location)
        #expect("\(error)".contains(expected), sourceLocation: location)
        #expect(!"\(error)".contains("\n"), sourceLocation: location)
    }
}
