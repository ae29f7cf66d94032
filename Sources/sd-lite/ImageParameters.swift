import SDLite

/// How a picture was made, in the words that A1111 writes into its PNG files (modules/processing.py,
/// `create_infotext`).
struct ImageParameters {
    let options: GenerationOptions
    let steps: Int
    let sampler: Sampler?
    let guidanceScale: Float
    let generation: Generation

    init(_ options: GenerationOptions, model: Model, _ generation: Generation) {
        self.options = options
        self.generation = generation
        steps = options.steps ?? model.defaultSteps
        guidanceScale = options.guidanceScale ?? model.defaultGuidanceScale
        sampler = options.scheduler.flatMap { Sampler(of: $0) }
    }

    /// - Parameter picture: its place in the batch, from 0; nil for the contact sheet
    func text(picture: Int?) -> String {
        var facts = ["Steps: \(steps)"]
        if let sampler { facts.append("Sampler: \(sampler.displayName)") }
        if let spacing = sampler?.sigmaSpacing { facts.append("Schedule type: \(spacing.rawValue.capitalized)") }
        facts += [
            "CFG scale: \(guidanceScale)", "Seed: \(generation.seed)",
            "Size: \(generation.images[0].width)x\(generation.images[0].height)",
        ]
        if options.guidanceRescale > 0 { facts.append("CFG rescale: \(options.guidanceRescale)") }
        if options.reuse { facts.append("Reuse: every second step") }
        if options.count > 1 {
            facts.append("Batch size: \(options.count)")
            if let picture { facts.append("Batch pos: \(picture)") }
        }
        // A1111's name for CUDA's generator is that of the device.
        facts.append("RNG: \(options.noiseSource == .cpu ? "CPU" : "GPU")")
        let negative = options.negativePrompt.isEmpty ? "" : "\nNegative prompt: \(options.negativePrompt)"
        let loras = options.loras.map { " <lora:\($0.name):\($0.scale)>" }.joined()
        return options.prompts[0] + loras + negative + "\n" + facts.joined(separator: ", ")
    }
}
