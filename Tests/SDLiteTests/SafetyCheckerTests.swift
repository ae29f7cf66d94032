import Architecture
import Foundation
import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// A safety checker in miniature beside diffusers' (Tests/Fixtures/make_safety_checker.py).
@Suite struct SafetyCheckerTests {
    private struct Case: Decodable {
        let width, height: Int
        let seed, pixels_crc32: UInt32
        let special_care, concepts: [Float]
        let flagged: Bool
    }

    private let cases: [Case]

    init() throws { cases = try Fixtures.decode([Case].self, "safety_checker/cases.json") }

    private func checker(_ weights: TinyModel.Weights, _ arithmetic: Arithmetic) throws -> SafetyChecker {
        let model = try Model(path: TinyModel.checkedPath(weights))
        return try #require(try model.safetyChecker(on: Compute(threads: 2, arithmetic: arithmetic)))
    }

    /// The generator of make_safety_checker.py.
    private func noise(_ one: Case) throws -> Image {
        var state = one.seed
        let pixels = (0..<one.width * one.height * 3).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        return try Image(width: one.width, height: one.height, pixels: pixels)
    }

    @Test func picturesArePreparedBitByBit() throws {
        let file = Fixtures.path("safety_checker/checkpoint/feature_extractor/preprocessor_config.json")
        let json = try Array(Data(contentsOf: URL(filePath: file)))
        let processor = try ImageProcessor(configuration: ImageProcessorConfiguration(json: json))
        for one in cases {
            let pixels = try processor(noise(one))
            let bytes = pixels.withUnsafeBytes { Array($0) }
            #expect(Checksum.of(bytes) == one.pixels_crc32, "\(one.width)×\(one.height)")
        }
    }

    /// Scores are rounded to 1e-3, before which float32 beside float32 differs by some 1e-6. Every rule decides about a
    /// picture; the fixture's script says which.
    @Test(arguments: [Arithmetic.float32, .mixed]) func scoresAndFlags(_ arithmetic: Arithmetic) throws {
        let checker = try checker(.fp16, arithmetic)
        #expect(cases.map(\.flagged) == [true, true, false, false, false, false, false])
        for one in cases {
            let found = try checker(noise(one))
            for (found, expected) in [(found.specialCare, one.special_care), (found.concepts, one.concepts)] {
                #expect(found.count == expected.count)
                let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst < 1e-4, "\(one.width)×\(one.height)")
            }
            #expect(found.isFlagged == one.flagged, "\(one.width)×\(one.height)")
        }
    }

    /// 8-bit weights differ by about 1 % each. The limit is twice what was seen.
    @Test func int8Weights() throws {
        let checker = try checker(.int8, .mixed)
        for one in cases {
            let found = try checker(noise(one))
            let differences = zip(found.specialCare + found.concepts, one.special_care + one.concepts).map { $0 - $1 }
            #expect((differences.map(abs).max() ?? .infinity) < 0.014)
        }
    }

    @Test func thinPicturesAreRefusedInASentence() throws {
        let checker = try checker(.fp16, .mixed)
        let thin = try Image(width: 1, height: 100_000, pixels: [UInt8](repeating: 0, count: 300_000))
        #expect(throws: ImageError.self) { try checker(thin) }
    }

    /// Two pictures, of which diffusers makes the first black.
    private func two() -> GenerationOptions {
        GenerationOptions(
            prompt: "an astronaut riding a horse on mars", steps: 10, guidanceScale: 7.5, seed: 5, count: 2)
    }

    private func generate(
        _ options: GenerationOptions, with pipeline: Pipeline, progress: (GenerationProgress) -> Void = { _ in }
    ) throws -> Generation {
        try pipeline.generate(options, progress: progress)
    }

    @Test func flaggedPicturesBecomeBlack() throws {
        let pipeline = try Pipeline(model: Model(path: TinyModel.checkedPath(.fp16)))
        let plain = try generate(two(), with: TinyPipeline().pipeline)
        #expect(plain.nsfwContentDetected == nil && plain[.checking] == nil)

        var checks: [Int] = []
        let checked = try generate(two(), with: pipeline) { if $0.stage == .checking { checks.append($0.completed) } }
        #expect(checked.nsfwContentDetected == [true, false])
        #expect(checked.images[0] == Image(width: 64, pixels: [UInt8](repeating: 0, count: 64 * 64 * 3)))
        #expect(checked.images[1] == plain.images[1])
        #expect(checked.latents == plain.latents)
        #expect(checks == [0, 1, 2])
        #expect(checked.stages.map(\.stage) == [.encodingText, .denoising, .decoding, .checking] as [Stage])

        var unchecked = two()
        unchecked.safetyChecker = false
        let found = try generate(unchecked, with: pipeline)
        #expect(found.images == plain.images && found.nsfwContentDetected == nil && found[.checking] == nil)

        var latents = two()
        latents.output = .latents
        let only = try generate(latents, with: pipeline)
        #expect(only.nsfwContentDetected == nil && only[.checking] == nil)
    }

    /// Counted by the plan, to the byte, and the same under every plan.
    @Test func thePlanKnowsIt() throws {
        let pipeline = try Pipeline(model: Model(path: TinyModel.checkedPath(.int8)), threads: 2)
        let options = two()
        let free = try pipeline.choosePlan(options, memoryLimit: nil, base: 0)
        let tight = try pipeline.choosePlan(options, memoryLimit: free.peak - 1, base: 0)
        #expect(tight.dropsWeights && !free.dropsWeights)
        let results = try [free, tight].map { plan in
            let found = try pipeline.compute.during(plan.run) { try pipeline.paint(options) }
            #expect(plan.stages.map(\.stage) == [.encodingText, .denoising, .decoding, .checking] as [Stage])
            #expect(found.stages.map(\.activationBytes) == plan.stages.map(\.activations))
            #expect(plan.stages.allSatisfy { $0.activations > 0 && $0.weights > 0 })
            return found
        }
        #expect(results[0].images == results[1].images)
        #expect(results[0].nsfwContentDetected == results[1].nsfwContentDetected)

        var unchecked = options
        unchecked.safetyChecker = false
        let plan = try pipeline.plan(unchecked, memoryLimit: nil)
        #expect(plan.stages.map(\.stage) == [.encodingText, .denoising, .decoding])
    }

    private struct Stored {
        let name: String
        var shape: [Int]
        var scheme: Scheme
        var bytes: [UInt8]
    }

    /// A model file whose safety checker is another one than its configuration says.
    private func changed(_ change: (inout [Stored]) -> Void) throws -> Model {
        let file = try WeightFile(path: TinyModel.checkedPath(.fp16))
        var tensors = file.header.tensors.map {
            Stored(name: $0.name, shape: $0.shape, scheme: $0.scheme, bytes: Array(file.lend($0).bytes))
        }
        change(&tensors)
        let folder = try TemporaryFolder()
        let writer = try WeightFileWriter(
            path: folder.path("model.sdq"), converter: "test",
            documents: file.header.documents.map { ($0.name, try file.document($0.name)) },
            tensors: tensors.map { PlannedTensor(name: $0.name, shape: $0.shape, scheme: $0.scheme) })
        for tensor in tensors { try writer.append(tensor.bytes) }
        _ = try writer.finish()
        return try Model(path: folder.path("model.sdq"))
    }

    @Test func foreignTensorsAreNamed() throws {
        let name = "safety_checker.concept_embeds"
        let missing = try changed { $0.removeAll { $0.name == name } }
        #expect(throws: ModelError.missingTensor(name)) { try Pipeline(model: missing) }

        let short = try changed { tensors in
            for i in tensors.indices where tensors[i].name == name {
                tensors[i].shape[0] = 16
                tensors[i].bytes.removeLast(20 * 4)
            }
        }
        #expect(throws: ModelError.wrongShape(tensor: name, found: [16, 20], expected: "[17, 20]")) {
            try Pipeline(model: short)
        }

        let positions = "safety_checker.vision_model.embeddings.position_embedding.weight"
        let few = try changed { tensors in
            for i in tensors.indices where tensors[i].name == positions {
                tensors[i].shape[0] = 3
                tensors[i].bytes.removeLast(14 * 32 * 2)
            }
        }
        #expect(throws: ModelError.wrongShape(tensor: positions, found: [3, 32], expected: "[17, 32]")) {
            try Pipeline(model: few)
        }

        let patches = "safety_checker.vision_model.embeddings.patch_embedding.weight"
        let flat = try changed { tensors in
            for i in tensors.indices where tensors[i].name == patches { tensors[i].shape = [32, 588] }
        }
        #expect(throws: ModelError.wrongShape(tensor: patches, found: [32, 588], expected: "[32, 3, 14, 14]")) {
            try Pipeline(model: flat)
        }

        let extra = try changed {
            $0.append(Stored(name: "safety_checker.z", shape: [1], scheme: .f16, bytes: [0, 0]))
        }
        #expect(throws: ModelError.unusedTensors(first: "safety_checker.z", count: 1)) { try Pipeline(model: extra) }
    }

    /// A NaN, beside which no score is above a threshold, ends the work.
    @Test(arguments: ["concept_embeds_weights", "special_care_embeds", "vision_model.embeddings.class_embedding"])
    func damagedNumbersAreNoVerdict(_ name: String) throws {
        let damaged = try changed { tensors in
            for i in tensors.indices where tensors[i].name == "safety_checker." + name {
                for byte in 0..<4 { tensors[i].bytes[byte] = 0xff }
            }
        }
        let checker = try #require(try damaged.safetyChecker(on: Compute(threads: 1)))
        #expect(throws: ComputeError.self) { try checker(noise(cases[0])) }
    }
}
