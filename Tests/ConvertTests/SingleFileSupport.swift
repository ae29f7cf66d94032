import Architecture
import Foundation
import Quant
import TestFiles
import Testing

@testable import convert

/// What diffusers reads the tensors of a single file as (Tests/Fixtures/make_single_files.py).
struct SingleFileNames: Decodable {
    struct Part: Decodable {
        let prefix: String
        /// In the order of the sorted names that diffusers gives them; `/0` to `/2` for a third of the rows.
        let tensors: [String]
    }

    private let texts: [String: String]
    private let names: [String: Part]

    static func fixture(_ name: String) throws -> SingleFileNames {
        try Fixtures.decode(SingleFileNames.self, "single-files/\(name).json")
    }

    /// The miniature as a diffusers folder, with CLIP's vocabulary.
    func checkpoint() throws -> TinyCheckpoint {
        var changes = texts
        for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
            let path = BundledModel.checkpoint + "/tokenizer/" + name
            changes["tokenizer/" + name] = try String(contentsOfFile: path, encoding: .utf8)
        }
        return try TinyCheckpoint(changes)
    }

    /// The tensors of a component as a single file has them.
    func stored(_ component: Component, _ tensors: [TinyCheckpoint.Tensor]) -> [TinyCheckpoint.Tensor] {
        guard let part = names[component.rawValue] else { return [] }
        var stored: [TinyCheckpoint.Tensor] = []
        var thirds: [String: [String: TinyCheckpoint.Tensor]] = [:]
        for (tensor, name) in zip(tensors.sorted { $0.name < $1.name }, part.tensors) {
            var tensor = tensor
            let pieces = name.split(separator: "/")
            tensor.name = part.prefix + pieces[0]
            if name.contains(".attn_1."), tensor.shape.count == 2 { tensor.shape += [1, 1] }
            if pieces.count == 2 {
                thirds[tensor.name, default: [:]][String(pieces[1])] = tensor
            } else {
                stored.append(tensor)
            }
        }
        for parts in thirds.values {
            guard var whole = parts["0"], let second = parts["1"], let third = parts["2"] else { continue }
            whole.values += second.values + third.values
            whole.shape[0] *= 3
            stored.append(whole)
        }
        return stored.sorted { $0.name < $1.name }
    }

    /// The whole checkpoint as a single file has it.
    func stored(_ checkpoint: TinyCheckpoint) -> [TinyCheckpoint.Tensor] {
        Component.allCases.flatMap { stored($0, checkpoint.tensors[$0, default: []]) }
    }

    /// Names and shapes alone, of models in full size too.
    /// - Parameter fixture: of `architectures/`
    func shapes(_ fixture: String) throws -> [TinyCheckpoint.Tensor] {
        let architecture = try Fixtures.decode(ArchitectureTests.Fixture.self, "architectures/\(fixture).json")
        let tensors = [
            Component.unet: architecture.unet.tensors, .vae: architecture.vae.tensors,
            .textEncoder: architecture.text_encoder.tensors,
        ]
        return tensors.flatMap { component, shapes in
            stored(component, shapes.map { TinyCheckpoint.Tensor(name: $0.key, shape: $0.value, values: []) })
        }
    }
}

extension [TinyCheckpoint.Tensor] {
    /// The layer of OpenCLIP that is not used, and what else its files have.
    func withUnusedLayer() -> [TinyCheckpoint.Tensor] {
        var result = self
        let layers = "cond_stage_model.model.transformer.resblocks."
        for tensor in self where tensor.name.hasPrefix(layers + "22.") {
            var unused = tensor
            unused.name = layers + "23." + tensor.name.dropFirst(layers.count + 3)
            unused.values = tensor.values.map { -$0 }
            result.append(unused)
        }
        result.append(.init(name: "cond_stage_model.model.text_projection", shape: [2, 2], values: [1, 2, 3, 4]))
        result.append(.init(name: "cond_stage_model.model.logit_scale", shape: [], values: [4.6]))
        return result
    }

    /// A file of these tensors that takes no space for their values, which are zeros of 16 bits.
    func headerBytes(metadata: [String: String] = [:]) -> (bytes: [UInt8], byteCount: Int) {
        var builder = SafetensorsBuilder()
        builder.metadata = metadata
        var end = 0
        for tensor in self {
            let byteCount = tensor.shape.reduce(2, *)
            builder.addEntry(tensor.name, "F16", tensor.shape, end, end + byteCount)
            end += byteCount
        }
        let bytes = builder.bytes
        return (bytes, bytes.count + end)
    }
}

extension TemporaryFolder {
    /// Writes a single file without values, and returns its path.
    func writeShapes(
        _ tensors: [TinyCheckpoint.Tensor], metadata: [String: String] = [:], as name: String = "model.safetensors"
    ) throws -> String {
        let (bytes, byteCount) = tensors.headerBytes(metadata: metadata)
        let path = try write(name, bytes)
        try #require(truncate(path, byteCount) == 0)
        return path
    }
}
