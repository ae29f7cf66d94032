import SDLite

/// How a picture was made, in the words that A1111 writes into its PNG files.
enum ImageParameters {
    static func text(_ options: GenerationOptions, image: Image) -> String {
        var lines = [options.prompt]
        if !options.negativePrompt.isEmpty { lines.append("Negative prompt: \(options.negativePrompt)") }
        lines.append(
            "Steps: \(options.steps), Sampler: \(options.scheduler?.rawValue ?? "model's own"), "
                + "CFG scale: \(options.guidanceScale), Seed: \(options.seed), Size: \(image.width)x\(image.height), "
                + "RNG: \(options.noiseSource.rawValue.uppercased())")
        return lines.joined(separator: "\n")
    }
}
