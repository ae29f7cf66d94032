import Foundation
import Kernels
import Quant
import Testing

@testable import SDLite

/// Tests/Fixtures/pipeline, made by Tests/Fixtures/make_pipeline.py: a Stable Diffusion in miniature with seeded weights,
/// and what diffusers computes with it in float32.
struct TinyPipeline {
    struct Cases: Decodable {
        var texts: [String]
        var prompt: String
        var steps: Int
        var timesteps: [Double]
        var sizes: [[Int]]
        var pictures: [String: Picture]
    }

    struct Picture: Decodable {
        var scheduler: String
        var width: Int
        var height: Int
        var seed: UInt64
        var guidance: Float?
        var negative: String?
        var count: Int?
    }

    /// The converted models. Nothing changes them, so that tests may share them.
    private static let models = [
        "fp16": Result { try convert(weights: "fp16") }, "int8": Result { try convert(weights: "int8") },
    ]
    private static let folder = Fixtures.repository.appending(path: "Tests/Fixtures/pipeline")

    let pipeline: Pipeline
    let cases: Cases
    private let expected: SafetensorsFile

    init(weights: String = "fp16", arithmetic: Arithmetic = .mixed) throws {
        pipeline = try Pipeline(model: Self.models[weights]!.get(), compute: Compute(arithmetic: arithmetic))
        cases = try Fixtures.decode(Cases.self, "pipeline/cases.json")
        expected = try SafetensorsFile(path: Self.folder.appending(path: "expected.safetensors").path())
    }

    /// What diffusers computed under this name.
    func expected(_ name: String) throws -> (shape: [Int], values: [Float]) {
        let entry = try #require(expected.entries[name], "expected.safetensors has no \(name)")
        return (entry.shape, try expected.floats(entry, 0..<entry.shape.reduce(1, *)))
    }

    /// The same where it has the shape of latents.
    func latents(_ name: String) throws -> Latents {
        let (shape, values) = try expected(name)
        return try Latents(shape: shape, values: values)
    }

    /// The text encoder's output, `[texts, 77, channels]`.
    func hiddenStates(_ texts: [String]) throws -> Tensor {
        try pipeline.textEncoder(texts.map { pipeline.tokenizer.encode($0).ids })
    }

    /// The checkpoint with the bundled model's tokenizer, through the program that users run.
    /// - Parameter index: what its model_index.json says instead
    static func convert(weights: String, index: String? = nil) throws -> Model {
        let files = FileManager.default
        let scratch = files.temporaryDirectory.appending(path: "sd-lite-\(UUID())")
        defer { try? files.removeItem(at: scratch) }
        try files.copyItem(at: folder.appending(path: "checkpoint"), to: scratch)
        try files.copyItem(
            at: Fixtures.repository.appending(path: "models/emoji/tokenizer"), to: scratch.appending(path: "tokenizer"))
        if let index { try Data(index.utf8).write(to: scratch.appending(path: "model_index.json")) }
        return try Conversion.model(of: scratch, weights: weights)
    }
}

/// How far `found` is from `expected`, in units of the size of `expected`.
func relativeRMS(_ found: [Float], _ expected: [Float]) -> Double {
    precondition(found.count == expected.count, "\(found.count) values beside \(expected.count)")
    let error = zip(found, expected).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (error / expected.reduce(0) { $0 + Double($1 * $1) }).squareRoot()
}

/// Peak signal-to-noise ratio of 8-bit values, in decibels.
func psnr(_ found: [UInt8], _ expected: [Float]) -> Double {
    precondition(found.count == expected.count, "\(found.count) values beside \(expected.count)")
    let error = zip(found, expected).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) } / Double(found.count)
    return 10 * log10(255 * 255 / max(error, 1e-9))
}
