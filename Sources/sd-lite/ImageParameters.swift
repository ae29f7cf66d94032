import SDLite

/// How a picture was made, in the words that A1111 writes into its PNG files (modules/processing.py,
/// `create_infotext`).
struct ImageParameters {
    let options: GenerationOptions
    let scheduler: SchedulerKind
    let guidanceScale: Float
    let generation: Generation

    /// - Throws: `SchedulerError` or `FormatError` if the model's scheduler is asked for and cannot be told
    init(
        _ options: GenerationOptions, model: Model, scheduler: SchedulerKind?, _ generation: Generation
    ) throws {
        self.options = options
        self.generation = generation
        guidanceScale = options.guidanceScale ?? model.defaultGuidanceScale
        self.scheduler = try scheduler ?? SchedulerKind(configurationJSON: model.schedulerConfiguration)
    }

    /// - Parameter picture: its place in the batch, from 0; nil for the contact sheet
    func text(picture: Int?) -> String {
        var facts = [
            "Steps: \(options.steps)", "Sampler: \(scheduler.rawValue.uppercased())",
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
        return options.prompts[0] + negative + "\n" + facts.joined(separator: ", ")
    }
}
