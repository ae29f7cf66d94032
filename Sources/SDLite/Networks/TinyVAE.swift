import Architecture
import Glibc
import Kernels

/// A tiny autoencoder distilled from the full one (TAESD, github.com/madebyollin/taesd; diffusers
/// models/autoencoders/autoencoder_tiny.py): the same latents, a twentieth of the work, and a little less detail.
public struct TinyVAE: Sendable {
    let compute: Compute
    let decoder: TinyDecoder
    let encoder: TinyEncoder
    /// Channels of the latents: 4 in Stable Diffusion.
    public let latentChannels: Int
    /// What latents are multiplied by after encoding, and divided by before decoding: 1 where it was distilled from latents
    /// as the U-Net has them.
    public let scalingFactor: Float
    /// Pixels per latent in each direction.
    public let scale: Int

    /// - Parameter decoder, encoder: of the whole autoencoder, for that half to claim its part
    init(decoder: Weights, encoder: Weights, configuration c: TinyVAEConfiguration) throws(ModelError) {
        compute = decoder.compute
        latentChannels = c.latentChannels
        scalingFactor = c.scalingFactor
        scale = c.scale
        self.decoder = try TinyDecoder(decoder, c)
        self.encoder = try TinyEncoder(encoder, c)
    }

    /// Pictures from latents as the sampling loop leaves them.
    /// - Parameter latents: `[n, latentChannels, h, w]`
    /// - Returns: `[n, scale·h, scale·w, 3]`, nominally -1…1
    /// - Throws: `ModelError` for a wrong shape or numbers that are not finite, `CancellationError`
    public func decode(_ latents: Latents) throws -> Tensor {
        guard latents.shape.count == 4, latents.shape[1] == latentChannels else {
            throw ModelError.badLatents(found: latents.shape, expected: [1, latentChannels, 64, 64])
        }
        guard latents.isFinite else { throw ModelError.latentsNotFinite }
        // Trained with inputs that a tanh keeps within ±3.
        let clamped = (latents / scalingFactor).map { tanhf($0 / 3) * 3 }
        return try compute.finite("the tiny decoder") { try decoder(clamped.channelsLast()) }
    }

    /// The latents of a picture as the sampling loop and `decode` want them.
    /// - Parameter image: its width and height are multiples of `scale`
    /// - Returns: `[1, latentChannels, height / scale, width / scale]`
    /// - Throws: `ModelError` for another size, `CancellationError`
    public func encode(_ image: Image) throws -> Latents {
        guard image.width % scale == 0, image.height % scale == 0 else {
            throw ModelError.badPictures(
                "a picture of \(image.size) cannot be encoded: width and height must be multiples of \(scale)")
        }
        let latents = try compute.finite("the tiny encoder") { try encoder(image.normalized()) }
        return Latents(channelsLast: latents) * scalingFactor
    }
}
