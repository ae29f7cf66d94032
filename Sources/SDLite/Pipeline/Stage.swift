import Kernels

/// The parts of a generation, in their order.
public enum Stage: String, CaseIterable, Sendable, CodingKeyRepresentable {
    /// Tokenizer and text encoder.
    case encodingText = "text"
    /// The autoencoder's encoder, picture by picture: where there is a picture to begin with.
    case encodingPictures = "encoding"
    /// U-Net and scheduler, step by step.
    case denoising
    /// The autoencoder's decoder, picture by picture.
    case decoding
    /// The safety checker, picture by picture.
    case checking
}

/// How a stage went.
public struct StageRecord: Sendable {
    /// The stage that this is about.
    public let stage: Stage
    /// From its first operation to its last.
    public let seconds: Double
    /// The most resident memory of each kind.
    public let memory: MemoryUsage
    /// The most memory for activations.
    public let activationBytes: Int
    /// The time in which nothing was computed for want of weights.
    public let stallSeconds: Double
}

/// Times the stages of a generation and gives memory back at the end of each.
struct StageRecorder {
    private let compute: Compute
    private let stream: WeightStream
    private let watch: MemoryWatch?
    private(set) var records: [StageRecord] = []

    init(_ compute: Compute, _ stream: WeightStream) {
        self.compute = compute
        self.stream = stream
        watch = Run.current.isPlanning ? nil : MemoryWatch()
    }

    mutating func record<Result>(_ stage: Stage, _ work: () throws -> Result) throws -> Result {
        let stallBefore = stream.stallSeconds
        let start = ContinuousClock.now
        let result = try work()
        records.append(
            StageRecord(
                stage: stage, seconds: (ContinuousClock.now - start) / .seconds(1),
                memory: watch?.take() ?? MemoryUsage(), activationBytes: compute.peakActivationBytes,
                stallSeconds: stream.stallSeconds - stallBefore))
        compute.endStage()
        stream.endStage()
        return result
    }
}
