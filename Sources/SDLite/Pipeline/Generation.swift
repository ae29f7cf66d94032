/// How far a generation has come.
public struct GenerationProgress: Sendable {
    /// What is being worked on.
    public let stage: Stage
    /// Parts of this stage that are done, out of `total`: steps when denoising, pictures when decoding or checking.
    public let completed: Int
    /// Parts that this stage has.
    public let total: Int
    /// After a denoising step, `[pictures, channels, height/8, width/8]`: what a preview can be made from.
    public var latents: Latents?
    /// After every so many denoising steps, as `GenerationOptions.previewEvery` has it, what each picture looks like so
    /// far; see `Previewer`.
    public var previews: [Image] = []
}

/// Pictures, and how they came to be.
public struct Generation: Sendable, CustomStringConvertible {
    /// Prompt by prompt; none if only latents were asked for.
    public let images: [Image]
    /// Which of the pictures the safety checker flagged, so that they became black; nil if none looked at them.
    public let nsfwContentDetected: [Bool]?
    /// The final latents, `[pictures, channels, height/8, width/8]`.
    public let latents: Latents
    /// The seed of the noise: the one of the options, or else the random one that was taken.
    public let seed: UInt64
    /// What the tokenizer had to drop from the prompts and the negative prompt.
    public let truncatedPrompts: [String]
    /// Seconds of every denoising step.
    public let stepSeconds: [Double]
    /// In their order; without decoding if only latents were asked for, and without checking if nothing was checked.
    public let stages: [StageRecord]

    /// How a stage went; nil for one that there was not.
    public subscript(stage: Stage) -> StageRecord? { stages.first { $0.stage == stage } }

    /// All stages together.
    public var seconds: Double { stages.reduce(0) { $0 + $1.seconds } }

    public var description: String {
        let tenths = Int((seconds * 10).rounded())
        let what = images.first.map { "\(images.count) × \($0.width)×\($0.height)" } ?? "latents \(latents.shape)"
        return "Generation(\(what), seed \(seed), \(stepSeconds.count) steps, \(tenths / 10).\(tenths % 10) s)"
    }
}
