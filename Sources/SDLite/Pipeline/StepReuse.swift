import Kernels

/// What a generation keeps of its steps so that every second one takes a fraction of the time (`GenerationOptions.reuse`).
///
/// Whole steps leave, of every picture, the map that the deep layers of the U-Net made (DeepCache, Ma et al. 2023,
/// arXiv 2312.00858) and what guidance added to the prediction. The steps between evaluate only the first and the last
/// layer, for the prompt alone; both are continued in a line from the last two whole steps (first order of TaylorSeer,
/// Liu et al. 2025, arXiv 2503.06923).
struct StepReuse {
    private let unet: UNet
    /// One a prompt: with guidance, of the negative prompt and of the prompt.
    private let conditionings: [Conditioning]
    /// Of the prompt alone.
    private let conditional: [Conditioning]
    private let picturesPerPrompt: Int
    /// By picture, of the last `wholeSteps` whole steps, the oldest first.
    private var kept: [[Kept]] = []

    private struct Kept {
        /// nil before there was such a step.
        var timestep: Double?
        var map: Tensor
        /// Conditional less unconditional prediction; nil without guidance.
        var difference: Latents?
    }

    /// Whole steps that are kept of every picture.
    static let wholeSteps = 2

    init(_ unet: UNet, _ conditionings: [Conditioning], picturesPerPrompt: Int) {
        self.unet = unet
        self.conditionings = conditionings
        conditional = conditionings.map(\.ofLastPrompt)
        self.picturesPerPrompt = picturesPerPrompt
    }

    /// The U-Net's prediction for one picture: with guidance, without and with the prompt.
    /// - Parameter latents: `[1, channels, height/8, width/8]`
    mutating func prediction(_ latents: Latents, picture: Int, step: Int) throws -> Latents {
        try Self.isWhole(step) ? whole(latents, picture, step) : continued(latents, picture, step)
    }

    /// The first two steps are, to tell a direction, and then every second. PNDM's third is at the timestep of its second,
    /// and the last of an even number is whole, which matters to DPM++ 2M.
    private static func isWhole(_ step: Int) -> Bool { step == 0 || !step.isMultiple(of: 2) }

    private mutating func whole(_ latents: Latents, _ picture: Int, _ step: Int) throws -> Latents {
        let conditioning = conditionings[picture / picturesPerPrompt]
        if kept.isEmpty {
            // For all pictures, before anything else of the step: each then takes as much memory as the next.
            kept = try conditionings.flatMap { _ in
                try (0..<picturesPerPrompt).map { _ in
                    try (0..<Self.wholeSteps).map { _ in try Kept(map: unet.lastMap(for: latents)) }
                }
            }
        }
        var now = kept[picture].removeFirst()
        // A copy of the generation may read it.
        if !isKnownUniquelyReferenced(&now.map) { now.map = try unet.lastMap(for: latents) }
        let prediction = try unet(latents, step: step, conditioning, keepingIn: now.map)
        let halves = prediction.shape[0] == 2 ? try prediction.chunked(2) : nil
        (now.timestep, now.difference) = (conditioning.timesteps[step], try halves.map { try $0[1] - $0[0] })
        kept[picture].append(now)
        return prediction
    }

    private func continued(_ latents: Latents, _ picture: Int, _ step: Int) throws -> Latents {
        let conditioning = conditional[picture / picturesPerPrompt]
        let (before, last) = (kept[picture][0], kept[picture][1])
        var (map, difference) = (last.map, last.difference)
        if let from = before.timestep, let to = last.timestep, from != to {
            let share = Float((conditioning.timesteps[step] - to) / (to - from))
            map = try unet.compute.continued(from: before.map, through: map, by: share)
            difference = try before.difference.map { try last.difference! + share * (last.difference! - $0) }
        }
        let prediction = try unet(latents, step: step, conditioning, reusing: map)
        guard let difference else { return prediction }
        return try .concatenated([prediction - difference, prediction])
    }
}
