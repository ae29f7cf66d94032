import Architecture
import Foundation
import Quant
import TestFiles
import Testing

@testable import convert

/// Tiny autoencoders that are stored beside a checkpoint's own (Tests/Fixtures/make_tiny_vae.py).
@Suite struct TinyAutoencoderTests {
    private let folder: TemporaryFolder
    private let checkpoint: String
    private let fixture = Fixtures.path("tiny_vae")

    init() throws {
        folder = try TemporaryFolder()
        checkpoint = try TinyModel.copyCheckpoint(to: folder)
    }

    private func read(_ source: String) throws -> Checkpoint {
        try Checkpoint(path: checkpoint, options: CheckpointOptions(tinyVAE: source))
    }

    private func refuse(_ source: String, _ words: String) {
        #expect { _ = try read(source) } throws: { "\($0)".contains(words) }
    }

    private func values(_ source: String, _ precision: WeightPrecision = .fp16) async throws -> [String: [Float]] {
        let path = folder.path("model.sdq")
        _ = try await Converter(
            checkpoint: read(source), policy: Policy(precision: precision, block: 16), outputPath: path
        ).run { _, _ in }
        let file = try WeightFile(path: path)
        return Dictionary(
            uniqueKeysWithValues: file.header.tensors.filter { $0.component == "tiny_vae" }.map {
                ($0.name, $0.decode(file.lend($0).bytes))
            })
    }

    @Test func foldersAndOriginalFilesAreTheSame() async throws {
        let folder = try await values(fixture + "/checkpoint/")
        #expect(folder.count == 62, "8 blocks of 6, 4 convolutions with and 6 without a bias")
        for source in [fixture, fixture + "/taesd_decoder.safetensors", fixture + "/taesd_encoder.safetensors"] {
            #expect(try await values(source) == folder)
            let found = try read(source).configurations.tinyVAE
            #expect(found?.decoderBlocks == [2, 1, 0, 1] && found?.encoderBlocks == [1, 0, 2, 1])
        }
    }

    @Test func narrowLayersStayFloats() async throws {
        let file = folder.path("model.sdq")
        _ = try await values(fixture, .int8)
        let schemes = try WeightFile(path: file).header.tensors.filter { $0.component == "tiny_vae" }
        #expect(schemes.first { $0.name == "tiny_vae.decoder.layers.0.weight" }?.scheme == .f16Panels)
        #expect(schemes.first { $0.name == "tiny_vae.decoder.layers.2.conv.0.weight" }?.scheme == .int8Panels)
    }

    @Test func whatIsNoneIsRefused() throws {
        refuse(folder.root, "not a tiny autoencoder")
        refuse(folder.path("none"), "not a tiny autoencoder")
        refuse(checkpoint + "/vae", "_class_name is 'AutoencoderKL', expected 'AutoencoderTiny'")
        let decoder = folder.path("taesd_decoder.safetensors")
        try FileManager.default.copyItem(atPath: fixture + "/taesd_decoder.safetensors", toPath: decoder)
        refuse(decoder, "taesd_encoder.safetensors is missing")
        // Both halves alike: the first of its layers is the decoder's second.
        try FileManager.default.copyItem(atPath: decoder, toPath: folder.path("taesd_encoder.safetensors"))
        refuse(decoder, "tensor '0.weight' is missing")
        refuse(try folder.write("taesd.pth", "pickled"), "pickled weights")
    }

    @Test(arguments: [
        (#""latent_channels": 8"#, "latent_channels is 8, expected the autoencoder's"),
        (#""act_fn": "silu""#, "act_fn is 'silu', expected 'relu'"),
        (#""shift_factor": 0.5"#, "shift_factor is 0.5, expected 0"),
        (#""scaling_factor": 0"#, "scaling_factor is 0.0, expected 0.001 to 1000.0"),
        (#""upsampling_scaling_factor": 4"#, "upsampling_scaling_factor is 4"),
        (#""num_decoder_blocks": [1, 1, 1]"#, "num_decoder_blocks has 3 entries"),
        (#""num_decoder_blocks": [1, 1, 1, 99]"#, "an entry of num_decoder_blocks is 99"),
        (#""decoder_block_out_channels": [16, 16, 8, 16]"#, "a multiple of 8 and all alike"),
        (#""num_decoder_blocks": [2, 1, 1, 1]"#, "decoder.layers.9.conv.0.weight' is missing"),
    ]) func configurationsThatDoNotFit(_ change: String, _ words: String) throws {
        let copy = folder.path("tiny")
        try FileManager.default.copyItem(atPath: fixture + "/checkpoint", toPath: copy)
        func values(_ json: Data) throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
        }
        let merged = try values(Data(contentsOf: URL(filePath: copy + "/config.json")))
            .merging(values(Data("{\(change)}".utf8))) { $1 }
        try JSONSerialization.data(withJSONObject: merged).write(to: URL(filePath: copy + "/config.json"))
        refuse(copy, words)
    }
}
