import Foundation
import Quant
import TestFiles
import Testing

@testable import Architecture
@testable import convert

/// Single files beside the diffusers folders of the same weights.
@Suite struct SingleFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Every tensor of a model file: name, how it is stored, bytes.
    private func tensors(_ name: String) throws -> [String: (entry: TensorEntry, bytes: [UInt8])] {
        let file = try WeightFile(path: folder.path(name))
        return Dictionary(
            uniqueKeysWithValues: file.header.tensors.map { ($0.name, ($0, Array(file.lend($0).bytes))) })
    }

    private func expectSameTensors(
        _ found: String, _ expected: String, at location: SourceLocation = #_sourceLocation
    )
        throws
    {
        let (found, expected) = (try tensors(found), try tensors(expected))
        #expect(Set(found.keys) == Set(expected.keys), sourceLocation: location)
        for (name, tensor) in found {
            let other = expected[name]
            #expect(
                tensor.entry.scheme == other?.entry.scheme && tensor.entry.shape == other?.entry.shape
                    && tensor.bytes == other?.bytes, "\(name)", sourceLocation: location)
        }
    }

    private func convert(
        _ input: String, _ output: String, precision: WeightPrecision = .int8,
        options: CheckpointOptions = CheckpointOptions()
    ) async throws {
        let checkpoint = try Checkpoint(path: folder.path(input), options: options)
        _ = try await Converter(
            checkpoint: checkpoint, policy: Policy(precision: precision, block: 64), outputPath: folder.path(output)
        ).run { _, _ in }
    }

    @Test(arguments: ["tiny1", "tiny2"], WeightPrecision.allCases)
    func aFolderAndAFileGiveTheSameBits(_ name: String, _ precision: WeightPrecision) async throws {
        let names = try SingleFileNames.fixture(name)
        let checkpoint = try names.checkpoint()
        try checkpoint.write(to: folder)
        var stored = names.stored(checkpoint)
        if name == "tiny2" { stored = stored.withUnusedLayer() }
        stored.append(
            .init(
                name: "cond_stage_model.transformer.text_model.embeddings.position_ids", shape: [1, 2], values: [0, 1],
                kind: .i64))
        try folder.write("model.safetensors", TinyCheckpoint.bytes(stored))
        try await convert("checkpoint", "folder.sdq", precision: precision)
        try await convert("model.safetensors", "file.sdq", precision: precision)
        try expectSameTensors("file.sdq", "folder.sdq")

        let configurations = try ["checkpoint", "model.safetensors"].map {
            try Checkpoint(path: folder.path($0)).configurations
        }
        #expect("\(configurations[0].unet)" == "\(configurations[1].unet)")
        #expect("\(configurations[0].vae)" == "\(configurations[1].vae)")
        #expect("\(configurations[0].textEncoder)" == "\(configurations[1].textEncoder)")

        let (file, other) = (
            try WeightFile(path: folder.path("file.sdq")), try WeightFile(path: folder.path("folder.sdq"))
        )
        for document in ["tokenizer/tokens.txt", "tokenizer/merges.txt"] {
            #expect(try file.document(document) == other.document(document))
        }
        let pad = try file.document("tokenizer/pad_token.txt")
        #expect(String(decoding: pad, as: UTF8.self) == (name == "tiny1" ? "<|endoftext|>\n" : "!\n"))
    }

    @Test func halfPrecisionsAreRead() async throws {
        let names = try SingleFileNames.fixture("tiny1")
        var checkpoint = try names.checkpoint()
        checkpoint.change(.unet) { $0.kind = .f16 }
        checkpoint.change(.vae) { $0.kind = .bf16 }
        try checkpoint.write(to: folder)
        try folder.write("model.safetensors", TinyCheckpoint.bytes(names.stored(checkpoint)))
        try await convert("checkpoint", "folder.sdq")
        try await convert("model.safetensors", "file.sdq")
        try expectSameTensors("file.sdq", "folder.sdq")
    }

    @Test func plainOrAveragedWeights() async throws {
        let names = try SingleFileNames.fixture("tiny1")
        let plain = try names.checkpoint()
        var averaged = plain
        averaged.change(.unet) { $0.values = $0.values.map { $0 / 2 } }
        let unet = names.stored(.unet, averaged.tensors[.unet, default: []]).map { tensor in
            var tensor = tensor
            tensor.name = "model_ema." + tensor.name.dropFirst("model.".count).filter { $0 != "." }
            return tensor
        }
        #expect(unet.contains { $0.name == "model_ema.diffusion_modelinput_blocks00weight" })
        try folder.write("model.safetensors", TinyCheckpoint.bytes(names.stored(plain) + unet))
        for (checkpoint, options) in [
            (plain, CheckpointOptions()), (averaged, CheckpointOptions(averaged: true)),
        ] {
            try checkpoint.write(to: folder)
            try await convert("checkpoint", "folder.sdq")
            try await convert("model.safetensors", "file.sdq", options: options)
            try expectSameTensors("file.sdq", "folder.sdq")
        }
        let notes = try Checkpoint(path: folder.path("model.safetensors")).notes
        #expect(notes.contains { $0.contains("--ema") })

        try folder.write("model.safetensors", TinyCheckpoint.bytes(names.stored(plain)))
        await expectError("--ema: no tensor's name begins with 'model_ema.diffusion_model'") {
            try await convert("model.safetensors", "file.sdq", options: CheckpointOptions(averaged: true))
        }
    }

    /// transformers wrote `text_model.` until version 5, and some merged files lack it as well.
    @Test func bothSpellingsOfTheTextEncoder() async throws {
        let names = try SingleFileNames.fixture("tiny1")
        let checkpoint = try names.checkpoint()
        try checkpoint.write(to: folder)
        let stored = names.stored(checkpoint).map { tensor in
            var tensor = tensor
            let prefix = "cond_stage_model.transformer.text_model."
            if tensor.name.hasPrefix(prefix) {
                tensor.name = "cond_stage_model.transformer." + tensor.name.dropFirst(prefix.count)
            }
            return tensor
        }
        try folder.write("model.safetensors", TinyCheckpoint.bytes(stored))
        try await convert("checkpoint", "folder.sdq")
        try await convert("model.safetensors", "file.sdq")
        try expectSameTensors("file.sdq", "folder.sdq")
    }

    /// Another autoencoder for a folder and for a file, from a folder and from the three kinds of files.
    @Test func anotherAutoencoder() async throws {
        let names = try SingleFileNames.fixture("tiny1")
        var checkpoint = try names.checkpoint()
        try checkpoint.write(to: folder)
        let stored = names.stored(checkpoint)
        try folder.write("model.safetensors", TinyCheckpoint.bytes(stored))
        try folder.write(
            "no-vae.safetensors", TinyCheckpoint.bytes(stored.filter { !$0.name.hasPrefix("first_stage_model.") }))
        await expectError("no autoencoder ('first_stage_model.…'); take one from elsewhere with --vae") {
            try await convert("no-vae.safetensors", "file.sdq")
        }

        checkpoint.change(.vae) { $0.values = $0.values.map { $0 / 2 } }
        let other = try TemporaryFolder()
        try checkpoint.write(to: other)
        let vae = names.stored(.vae, checkpoint.tensors[.vae, default: []])
        let bare = vae.map { tensor in
            var tensor = tensor
            tensor.name = String(tensor.name.dropFirst("first_stage_model.".count))
            return tensor
        }
        try other.write("bare.safetensors", TinyCheckpoint.bytes(bare))
        try other.write("ldm.safetensors", TinyCheckpoint.bytes(vae))
        try other.write(
            "diffusers.safetensors", TinyCheckpoint.bytes(checkpoint.tensors[.vae, default: []]))

        // The folder with the other autoencoder in its place.
        _ = try await Converter(
            checkpoint: Checkpoint(path: other.path("checkpoint")), policy: Policy(precision: .int8, block: 64),
            outputPath: folder.path("expected.sdq")
        ).run { _, _ in }
        for input in ["checkpoint", "model.safetensors", "no-vae.safetensors"] {
            for vae in [
                "checkpoint/vae", "checkpoint/vae/", "bare.safetensors", "ldm.safetensors", "diffusers.safetensors",
            ] {
                try await convert(input, "found.sdq", options: CheckpointOptions(vae: other.path(vae)))
                try expectSameTensors("found.sdq", "expected.sdq")
            }
        }
    }

    @Test func theVocabularyIsCLIPs() throws {
        func expected(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(filePath: "\(BundledModel.checkpoint)/tokenizer/\(name)")))
        }
        #expect(CLIPVocabulary.merges == (try expected("merges.txt")))
        func ids(_ json: [UInt8]) throws -> [String: Int] {
            try JSONDecoder().decode([String: Int].self, from: Data(json))
        }
        let vocabulary = try ids(CLIPVocabulary.vocabulary())
        #expect(vocabulary == (try ids(expected("vocab.json"))))
        #expect(vocabulary.count == 49_408)
    }

    @Test func theLicenceIsTheMetadatas() throws {
        let tensors = try SingleFileNames.fixture("v1").shapes("v1-4")
        func licence(_ metadata: [String: String]) throws -> String {
            let checkpoint = try Checkpoint(path: folder.writeShapes(tensors, metadata: metadata))
            let documents = try Documents.collect(
                checkpoint.texts, checkpoint.configurations, checkpoint.recommendation)
            return String(decoding: documents.first { $0.name == "LICENSE.txt" }?.contents ?? [], as: UTF8.self)
        }
        #expect(try licence([:]).hasPrefix("No licence was found"))
        #expect(
            try licence(["modelspec.license": #"CreativeML\nOpenRAIL"#])
                == "license: CreativeML?OpenRAIL (from the checkpoint's metadata)\n")
    }
}
