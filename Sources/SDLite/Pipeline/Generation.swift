/// How far a generation has come.
public struct GenerationProgress: Sendable {
    public enum Stage: Sendable { case encodingText, denoising, decoding }
    public let stage: Stage
    /// Parts of this stage that are done, out of `total`: steps when denoising, pictures when decoding.
    public let completed: Int
    public let total: Int
}

/// Pictures, and how they came to be.
public struct Generation: Sendable {
    public let images: [Image]
    /// The final latents, `[count, 4, height/8, width/8]`.
    public let latents: Latents
    /// What the tokenizer had to drop from the prompt and the negative prompt.
    public let truncatedPrompts: [String]
    public let textSeconds: Double
    /// Seconds of every denoising step.
    public let stepSeconds: [Double]
    public let decodeSeconds: Double
    /// The most resident memory of each kind while the text was encoded, while denoising and while decoding.
    public let memory: [MemoryUsage]
    /// The most memory for activations in each of these three.
    public let activationBytes: [Int]
    /// The time in which nothing was computed for want of weights.
    public let stallSeconds: Double
}
