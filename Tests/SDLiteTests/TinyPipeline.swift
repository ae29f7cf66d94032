import Foundation
import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// The tiny model, and what diffusers computes with it in float32 (Tests/Fixtures/make_pipeline.py).
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
        var rescale: Float?
        var negative: String?
        var count: Int?
        var steps: Int?
        var changes: Changes?
    }

    /// Of the scheduler's settings.
    struct Changes: Decodable {
        var rescale_betas_zero_snr: Bool?
        var timestep_spacing: String?
    }

    let pipeline: Pipeline
    let cases: Cases
    private let expected: SafetensorsFile

    init(_ weights: TinyModel.Weights = .fp16, arithmetic: Arithmetic = .mixed) throws {
        pipeline = try Pipeline(model: Model(path: TinyModel.path(weights)), compute: Compute(arithmetic: arithmetic))
        cases = try Fixtures.decode(Cases.self, "pipeline/cases.json")
        expected = try SafetensorsFile(path: Fixtures.path("pipeline/expected.safetensors"))
    }

    /// The pictures of Tests/Fixtures/make_sampler_pictures.py.
    init(samplers weights: TinyModel.Weights, arithmetic: Arithmetic = .mixed) throws {
        pipeline = try Pipeline(model: Model(path: TinyModel.path(weights)), compute: Compute(arithmetic: arithmetic))
        cases = try Fixtures.decode(Cases.self, "samplers/cases.json")
        expected = try SafetensorsFile(path: Fixtures.path("samplers/expected.safetensors"))
    }

    /// The model of version 2.
    init(sd2 arithmetic: Arithmetic) throws {
        pipeline = try Pipeline(model: Model(path: TinyModel.sd2()), compute: Compute(arithmetic: arithmetic))
        cases = try Fixtures.decode(Cases.self, "pipeline-sd2/cases.json")
        expected = try SafetensorsFile(path: Fixtures.path("pipeline-sd2/expected.safetensors"))
    }

    /// What a picture of the cases is to be painted with.
    func options(_ picture: Picture) throws -> GenerationOptions {
        var options = GenerationOptions(prompt: cases.prompt)
        options.negativePrompt = picture.negative ?? ""
        (options.width, options.height) = (picture.width, picture.height)
        options.steps = picture.steps ?? cases.steps
        options.guidanceScale = picture.guidance ?? 7.5
        options.guidanceRescale = picture.rescale ?? 0
        options.seed = picture.seed
        options.scheduler = try pipeline.model.scheduler(Sampler(named: picture.scheduler)) { configuration in
            configuration.rescaleBetasZeroSNR = picture.changes?.rescale_betas_zero_snr ?? false
            if let spacing = picture.changes?.timestep_spacing.flatMap({ TimestepSpacing(rawValue: $0) }) {
                configuration.timestepSpacing = spacing
            }
        }
        options.count = picture.count ?? 1
        return options
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

    /// The path of a copy of the int8 model with a NaN in one scale of one layer.
    static func damagedModel(_ layer: String, in folder: TemporaryFolder) throws -> String {
        let path = try TinyModel.path(.int8)
        let file = try WeightFile(path: path)
        var bytes = try Array(Data(contentsOf: URL(filePath: path)))
        let weight = try #require(file.entry(layer + ".weight"))
        let stored = file.lend(weight).bytes
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: stored) })
        // A panel ends with its scales; half floats of all ones are NaN.
        for i in 1...32 { bytes[start + stored.count - i] = 0xff }
        return try folder.write("damaged.sdq", bytes)
    }

    /// The text encoder's output, `[texts, 77, channels]`.
    func hiddenStates(_ texts: [String]) throws -> Tensor {
        try pipeline.textEncoder(texts.map { pipeline.tokenizer.encode($0).ids })
    }
}
