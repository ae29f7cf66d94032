import Quant
import Terminal
import TestFiles
import Testing

@testable import convert

/// `sd-lite-convert --lora`: the weights in the file are the checkpoint's with the LoRA added in float32.
@Suite struct LoRAFoldingTests {
    private let folder: TemporaryFolder
    private static let linear = "text_encoder.encoder.layers.1.mlp.fc1.weight"
    private static let convolution = "unet.down_blocks.0.resnets.0.conv2.weight"

    init() throws {
        folder = try TemporaryFolder()
        try TinyCheckpoint().write(to: folder)
    }

    /// Of rank 3 and alpha 1.5 for two layers, and what it adds to each at a scale of 1.
    private func write(_ name: String) throws -> [String: [Float]] {
        var (builder, numbers) = (SafetensorsBuilder(), SeededGenerator(seed: 8))
        var added: [String: [Float]] = [:]
        for (layer, tensor, outputs, inputs) in [
            ("lora_te_text_model_encoder_layers_1_mlp_fc1", Self.linear, 20, [16]),
            ("lora_unet_down_blocks_0_resnets_0_conv2", Self.convolution, 8, [8, 3, 3]),
        ] {
            let length = inputs.reduce(1, *)
            let (down, up) = (numbers.array(3 * length), numbers.array(outputs * 3))
            builder.add(layer + ".lora_down.weight", [3] + inputs, down)
            builder.add(layer + ".lora_up.weight", [outputs, 3] + inputs.dropFirst().map { _ in 1 }, up)
            builder.add(layer + ".alpha", [], [1.5])
            added[tensor] = (0..<outputs * length).map { i in
                (0..<3).reduce(0) { $0 + 0.5 * up[i / length * 3 + $1] * down[$1 * length + i % length] }
            }
        }
        try folder.write(name, builder.bytes)
        return added
    }

    private func convert(_ loras: [LoRAArgument]) async throws -> WeightFile {
        let checkpoint = try Checkpoint(
            path: folder.path("checkpoint"), options: CheckpointOptions(loras: loras))
        _ = try await Converter(
            checkpoint: checkpoint, policy: Policy(precision: .fp16, block: 16), outputPath: folder.path("model.sdq")
        ).run { _, _ in }
        return try WeightFile(path: folder.path("model.sdq"))
    }

    /// Two, one of them at a scale of its own.
    @Test func weights() async throws {
        let (first, second) = (try write("first.safetensors"), try write("second.safetensors"))
        let file = try await convert(
            ["first.safetensors", "second.safetensors:-0.25"].map {
                try #require(LoRAArgument(argument: folder.path($0)))
            })
        for (name, plain) in try TinyCheckpoint().valuesByEngineName {
            let entry = try #require(file.entry(name))
            let found = entry.decode(file.lend(entry).bytes)
            let sums = plain.indices.map { i in plain[i] + (first[name]?[i] ?? 0) - 0.25 * (second[name]?[i] ?? 0) }
            // To fp16's rounding.
            #expect(zip(found, sums).allSatisfy { abs($0 - $1) <= 0x1p-11 * abs($1) + 0x1p-24 }, "\(name)")
        }
        #expect(first.count == 2)
    }

    @Test func whatIsWrongIsSaid() async throws {
        try folder.write("none.safetensors", SafetensorsBuilder().bytes)
        let path = folder.path("none.safetensors")
        await expectError("\(path): no LoRA for this model") {
            _ = try await convert([try #require(LoRAArgument(argument: path))])
        }
        await expectError("cannot be opened") {
            _ = try await convert([try #require(LoRAArgument(argument: folder.path("nowhere")))])
        }
        _ = try write("huge.safetensors")
        let huge = try #require(LoRAArgument(argument: folder.path("huge.safetensors:1e38")))
        await expectError("holds values too large for fp16") { _ = try await convert([huge]) }
        await expectError("holds a NaN or an infinity") { _ = try await convert(Array(repeating: huge, count: 9)) }
    }

    @Test func theCommandTellsOfThem() throws {
        _ = try write("first.safetensors")
        let path = folder.path("first.safetensors")
        let outcome = try Program.run(
            "sd-lite-convert", [folder.path("checkpoint"), "-o", folder.path("m.sdq"), "--lora", path + ":0.5"])
        #expect(outcome.status == 0 && outcome.errors.hasPrefix("note: \(path) is added to 2 layers, times 0.5\n"))
    }
}
