import Kernels

/// What a generation keeps of its steps so that later ones take a tenth of the time (`GenerationOptions.reuse`): of
/// every picture the map that the deep layers of the U-Net made, and what guidance added to the prediction. Such a step
/// evaluates only the first and the last layer, for the prompt alone.
struct StepReuse {
    private let unet: UNet
    /// One a prompt: with guidance, of the negative prompt and of the prompt.
    private let conditionings: [Conditioning]
    /// Of the prompt alone.
    private let conditional: [Conditioning]
    private let picturesPerPrompt: Int
    private var maps: Maps?
    /// Conditional less unconditional prediction, by picture; none without guidance.
    private var differences: [Int: Latents] = [:]

    /// One a picture. Copies of the generation share them, for reading.
    private final class Maps {
        let tensors: [Tensor]

        init(_ tensors: [Tensor]) { self.tensors = tensors }
    }

    init(_ unet: UNet, _ conditionings: [Conditioning], picturesPerPrompt: Int) {
        self.unet = unet
        self.conditionings = conditionings
        conditional = conditionings.map(\.ofLastPrompt)
        self.picturesPerPrompt = picturesPerPrompt
    }

    /// Whether a step is computed as a whole.
    private static func isWhole(_ step: Int) -> Bool { step.isMultiple(of: 2) }

    /// The U-Net's prediction for one picture: with guidance, without and with the prompt.
    /// - Parameter latents: `[1, channels, height/8, width/8]`
    mutating func prediction(_ latents: Latents, picture: Int, step: Int) throws -> Latents {
        let prompt = picture / picturesPerPrompt
        if !Self.isWhole(step), let map = maps?.tensors[picture] {
            let prediction = try unet(latents, step: step, conditional[prompt], reusing: map)
            guard let difference = differences[picture] else { return prediction }
            return try .concatenated([prediction - difference, prediction])
        }
        let map = try ownMaps(for: latents)[picture]
        let prediction = try unet(latents, step: step, conditionings[prompt], keepingIn: map)
        if prediction.shape[0] == 2 {
            let halves = try prediction.chunked(2)
            differences[picture] = try halves[1] - halves[0]
        }
        return prediction
    }

    /// Maps that no copy of the generation reads, to be written. They are made for all pictures together, before anything
    /// of the first step, so that each takes as much memory as the next.
    private mutating func ownMaps(for latents: Latents) throws -> [Tensor] {
        if isKnownUniquelyReferenced(&maps), let maps { return maps.tensors }
        let tensors = try (0..<conditionings.count * picturesPerPrompt).map { _ in try unet.lastMap(for: latents) }
        maps = Maps(tensors)
        return tensors
    }
}
