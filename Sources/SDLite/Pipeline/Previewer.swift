import Kernels

/// Small or quick pictures of latents on their way: from the tiny decoder where the model has one, else each latent as a
/// pixel of the colour that the autoencoder would give it on average.
public struct Previewer: Sendable {
    private let method: Method

    private enum Method {
        case tiny(TinyVAE)
        case linear(LatentColors)
    }

    /// - Throws: `CancellationError`; without a tiny decoder, the autoencoder decodes a small picture first
    init(vae: VAE, tinyVAE: TinyVAE?) throws {
        method = if let tinyVAE { .tiny(tinyVAE) } else { .linear(try LatentColors(of: vae)) }
    }

    /// - Parameter latents: `[n, channels, h, w]`, without their noise; see `Denoising.Step.denoised`
    /// - Returns: one picture each, of the painting's size from the tiny decoder, else of w × h pixels
    /// - Throws: `ModelError` for a wrong shape or numbers that are not finite, `CancellationError`
    public func callAsFunction(_ latents: Latents) throws -> [Image] {
        try (0..<latents.shape[0]).map { i in
            let one = try latents[i]
            return switch method {
            case .tiny(let vae): try Image(vae.decode(one))
            case .linear(let colors): try Image(colors(one))
            }
        }
    }
}

extension Denoising.Step {
    /// What the latents would be without their noise if the model were right: what a preview shows.
    /// - Returns: `[pictures, channels, height/8, width/8]`
    /// - Throws: `SchedulerError` for a timestep whose share of noise the scheduler cannot tell
    public func denoised() throws -> Latents {
        // x = a · original + b · noise: the scheduler tells a and b by adding noise to one number.
        let (zero, one) = (
            Latents(checkedShape: [1, 1, 1, 1], values: [0]), Latents(checkedShape: [1, 1, 1, 1], values: [1])
        )
        let a = try scheduler.addNoise(one, noise: zero, timestep: timestep).values[0]
        let b = try scheduler.addNoise(zero, noise: one, timestep: timestep).values[0]
        let variance = a * a + b * b
        let alpha = max(a * a / variance, Self.leastAlpha)
        let prediction = (scheduler as? any ConfiguredScheduler)?.configuration.predictionType ?? .epsilon
        return try prediction.original(output, sample: input / variance.squareRoot(), alpha: alpha)
    }

    /// Where nothing is left of the picture, as with zero-SNR betas, nothing is divided by zero.
    private static let leastAlpha: Float = 1e-8
}
