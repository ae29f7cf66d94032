/// What to paint.
public struct GenerationOptions: Sendable {
    public var prompt: String
    public var negativePrompt = ""
    /// Pixels; nil takes the size that the model was trained for.
    public var width: Int?
    public var height: Int?
    public var steps = 50
    /// How strongly to follow the prompt (Ho & Salimans 2022). At 1 or less there is no guidance, and half the work;
    /// nil takes the model's default.
    public var guidanceScale: Float?
    public var seed: UInt64 = 0
    public var noiseSource = NoiseSource.cpu
    /// nil takes the scheduler of the model file.
    public var scheduler: SchedulerKind?
    /// DDIM's share of fresh noise per step, 0…1.
    public var eta = 0.0
    /// Pictures to paint. Their noise comes from one stream, as in diffusers with one generator for a batch.
    public var count = 1
    /// Decodes in overlapping tiles: less memory for large pictures, and not quite the same result.
    public var vaeTiling = false
    /// Noise to start from instead of the seed's, `[count, 4, height/8, width/8]`.
    public var latents: Latents?

    public init(prompt: String) { self.prompt = prompt }
}
