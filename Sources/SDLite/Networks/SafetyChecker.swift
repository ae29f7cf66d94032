import Architecture
import Kernels

/// Tells pictures that are not for everyone, as diffusers' StableDiffusionSafetyChecker does
/// (pipelines/stable_diffusion/safety_checker.py): by how near they are, to CLIP's eye, to certain concepts. What these
/// are, the checkpoint does not say.
public struct SafetyChecker: Sendable {
    private let compute: Compute
    private let processor: ImageProcessor
    private let visionEncoder: VisionEncoder
    private let projection: Linear
    private let specialCare: Concepts
    private let concepts: Concepts
    let footprint: WeightFootprint

    /// What was found in a picture: cosines of its embedding and those of the concepts, less each concept's threshold,
    /// rounded to three decimals. Above 0 a concept is there.
    public struct Scores: Equatable, Sendable {
        /// Of three concepts; once one is there, the scores of all that follow are raised by 0.01.
        public let specialCare: [Float]
        /// Of seventeen concepts, any of which flags the picture.
        public let concepts: [Float]

        /// Whether a pipeline would show black instead of this picture.
        public var isFlagged: Bool { concepts.contains { $0 > 0 } }
    }

    init(
        _ weights: Weights, configuration: SafetyCheckerConfiguration, images: ImageProcessorConfiguration
    ) throws(ModelError) {
        compute = weights.compute
        processor = ImageProcessor(configuration: images)
        visionEncoder = try VisionEncoder(weights["vision_model"], configuration: configuration.vision)
        let size = configuration.projectionSize
        projection = try Linear(
            weights["visual_projection"], inputs: configuration.vision.hiddenSize, outputs: size)
        specialCare = try Concepts(
            weights["special_care_embeds"], thresholds: weights["special_care_embeds_weights"], count: 3, size: size)
        concepts = try Concepts(
            weights["concept_embeds"], thresholds: weights["concept_embeds_weights"], count: 17, size: size)
        try weights.requireAllClaimed()
        footprint = weights.footprint
    }

    /// - Parameter image: of any size; the middle of it is looked at, as wide as it is high
    /// - Throws: `ImageError.badSize` for a picture that is too long and thin, `ComputeError`, `CancellationError`
    public func callAsFunction(_ image: Image) throws -> Scores {
        let excess = try excess(of: image)
        var adjustment: Float = 0
        let special = excess.prefix(3).map { excess in
            let score = Self.rounded(excess + adjustment)
            if score > 0 { adjustment = 0.01 }
            return score
        }
        return Scores(specialCare: special, concepts: excess.dropFirst(3).map { Self.rounded($0 + adjustment) })
    }

    /// What scores are made from: cosines less thresholds, of special care first.
    package func excess(of image: Image) throws -> [Float] {
        let pixels = try processor(image)
        return try compute.finite("the safety checker") {
            let embedding = try projection(visionEncoder(pixels)).values
            let all = specialCare.excess(of: embedding) + concepts.excess(of: embedding)
            return Tensor([all.count], values: all)
        }.values
    }

    /// To three decimals, as NumPy rounds float32.
    private static func rounded(_ score: Float) -> Float { (score * 1000).rounded(.toNearestOrEven) / 1000 }
}

/// Directions in the space of embeddings, and how near to one is near.
private struct Concepts {
    private let directions: [[Float]]
    private let thresholds: [Float]

    init(_ embeddings: Weights, thresholds: Weights, count: Int, size: Int) throws(ModelError) {
        let values = try embeddings.table(rows: count, channels: size)(Array(0..<count)).values
        directions = (0..<count).map { Self.normalized(values[$0 * size..<($0 + 1) * size]) }
        self.thresholds = try thresholds.vector(count: count).values
    }

    /// By how much the cosine of the embedding and each concept is above the threshold.
    func excess(of embedding: [Float]) -> [Float] {
        let embedding = Self.normalized(embedding[...])
        return zip(directions, thresholds).map { direction, threshold in
            Float(zip(embedding, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }) - threshold
        }
    }

    /// Of length 1, as `torch.nn.functional.normalize` makes it.
    private static func normalized(_ values: ArraySlice<Float>) -> [Float] {
        let length = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return values.map { Float(Double($0) / max(length, 1e-12)) }
    }
}
