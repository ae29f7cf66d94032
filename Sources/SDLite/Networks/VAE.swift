import Architecture
import Kernels

/// The variational autoencoder (Kingma & Welling 2014; diffusers models/autoencoders/autoencoder_kl.py): pictures to
/// latents, and back. The weights of a half that is not used stay on disk.
public struct VAE: Sendable {
    let compute: Compute
    let stream: WeightStream
    let decoder: VAEDecoder
    let encoder: VAEEncoder
    /// Channels of the latents: 4 in Stable Diffusion.
    public let latentChannels: Int
    /// What latents are multiplied by after encoding, and divided by before decoding.
    public let scalingFactor: Float
    /// Pixels per latent in each direction.
    public let scale: Int
    /// Rows and columns of latents that are decoded at a time, if in tiles: a multiple of 4.
    let tileSize: Int

    /// - Parameter decoder, encoder: of the whole autoencoder, for that half to claim its part
    init(decoder: Weights, encoder: Weights, configuration c: VAEConfiguration) throws(ModelError) {
        compute = decoder.compute
        stream = decoder.stream
        latentChannels = c.latentChannels
        scalingFactor = c.scalingFactor
        scale = c.scale
        tileSize = max(1, c.sampleSize / c.scale / 4) * 4
        self.decoder = try VAEDecoder(decoder, c)
        self.encoder = try VAEEncoder(encoder, c)
    }
}

// Encoding
extension VAE {
    /// What the latents of a picture may be, not multiplied by `scalingFactor`, as diffusers' `vae.encode(…).latent_dist`.
    ///
    ///     let latents = try vae.encode(image).sample(using: &generator) * vae.scalingFactor
    ///
    /// - Parameter image: its width and height are multiples of `scale`
    /// - Returns: distributions of `[1, latentChannels, height / scale, width / scale]`
    /// - Throws: `ModelError` for another size, `CancellationError`
    public func encode(_ image: Image) throws -> DiagonalGaussianDistribution { try encode([image]) }

    /// The same for several pictures, which are encoded one after the other: memory does not grow with their number.
    /// - Parameter images: at least one, all of one size
    /// - Returns: distributions of `[images, latentChannels, height / scale, width / scale]`
    /// - Throws: `ModelError` for other sizes or none, `CancellationError`
    public func encode(_ images: [Image]) throws -> DiagonalGaussianDistribution {
        let (width, height) = try size(of: images)
        try Compute.requireAddressSpace(Self.inputBytes(width: width, height: height))
        return try DiagonalGaussianDistribution(
            moments: Latents.concatenated(images.map { try moments(of: $0.normalized()) }))
    }

    /// The same for numbers, which are encoded together.
    /// - Parameter pixels: `[n, height, width, 3]`, nominally -1…1, such as `Image.normalized()`; height and width are
    ///   multiples of `scale`
    /// - Returns: distributions of `[n, latentChannels, height / scale, width / scale]`
    /// - Throws: `ModelError` for another shape or numbers that are not finite, `CancellationError`
    public func encode(_ pixels: Tensor) throws -> DiagonalGaussianDistribution {
        let shape = pixels.shape
        guard shape.count == 4, shape[3] == 3 else {
            throw ModelError.badPictures(
                "pixels to encode have the shape [n, height, width, 3], not \(brief(shape: shape))")
        }
        try checkSize(width: shape[2], height: shape[1])
        guard compute.isFinite(pixels) else {
            throw ModelError.badPictures("the pixels to encode hold a NaN or an infinity")
        }
        return DiagonalGaussianDistribution(moments: try moments(of: pixels))
    }

    /// A sample of the latents of pictures as the sampling loop and `decode(scaled:)` want them: multiplied by
    /// `scalingFactor`.
    /// - Parameters:
    ///   - images: at least one, all of one size, whose sides are multiples of `scale`
    ///   - generator: of the noise; where its stream goes on
    /// - Returns: `[images, latentChannels, height / scale, width / scale]`
    /// - Throws: as `encode`
    public func scaledLatents(of images: [Image], using generator: inout NoiseGenerator) throws -> Latents {
        try encode(images).sample(using: &generator) * scalingFactor
    }

    /// - Parameter pixels: `[n, height, width, 3]`, of a size that was checked
    func moments(of pixels: Tensor) throws -> Latents {
        Latents(channelsLast: try compute.finite("the autoencoder's encoder") { try encoder(pixels) })
    }

    /// The size that all pictures have.
    /// - Throws: `ModelError` if they have different ones, or one that cannot be encoded
    func size(of images: [Image]) throws(ModelError) -> (width: Int, height: Int) {
        guard let first = images.first else { throw .badPictures("there is no picture to encode") }
        if let other = images.first(where: { $0.size != first.size }) {
            throw .badPictures(
                "pictures that are encoded together have one size, not \(first.size) and \(other.size)")
        }
        try checkSize(width: first.width, height: first.height)
        return (first.width, first.height)
    }

    func checkSize(width: Int, height: Int) throws(ModelError) {
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, pixels <= Image.mostPixels else {
            throw .badPictures("a picture to encode has 1 to \(Image.mostPixels) pixels, not \(width)×\(height)")
        }
        guard width % scale == 0, height % scale == 0 else {
            let (w, h) = (max(scale, width / scale * scale), max(scale, height / scale * scale))
            throw .badPictures(
                "a picture of \(width)×\(height) cannot be encoded: width and height must be multiples of \(scale); "
                    + "resize it to \(w)×\(h) first")
        }
    }

    /// Bytes that the numbers of one picture take while `Image.normalized` makes them, three floats a pixel, twice.
    static func inputBytes(width: Int, height: Int) -> Int { 24 * width * height }
}

// Decoding
extension VAE {
    /// Pictures from latents as the sampling loop leaves them, which are scaled by `scalingFactor`.
    /// - Parameter latents: `[n, latentChannels, h, w]`
    /// - Returns: `[n, scale·h, scale·w, 3]`, nominally -1…1
    /// - Throws: `ModelError` for a wrong shape, `CancellationError`
    public func decode(scaled latents: Latents) throws -> Tensor { try decode(unscaled: latents / scalingFactor) }

    /// Pictures from latents that were divided by `scalingFactor`, as diffusers' `vae.decode` wants them.
    /// - Parameter latents: `[n, latentChannels, h, w]`
    /// - Returns: `[n, scale·h, scale·w, 3]`, nominally -1…1
    /// - Throws: `ModelError` for a wrong shape, `CancellationError`
    public func decode(unscaled latents: Latents) throws -> Tensor {
        guard latents.shape.count == 4, latents.shape[1] == latentChannels else {
            throw ModelError.badLatents(found: latents.shape, expected: [1, latentChannels, 64, 64])
        }
        guard latents.isFinite else { throw ModelError.latentsNotFinite }
        return try compute.finite("the autoencoder") { try decoder(latents.channelsLast()) }
    }

    /// The same in tiles of the size that the autoencoder was trained for, a quarter overlapping (`tiled_decode`): less
    /// memory and, as tiles do not see each other and each has its own group norms, not quite the same picture.
    /// - Parameter latents: `[1, latentChannels, h, w]`
    /// - Throws: as `decode`
    public func tiledDecode(scaled latents: Latents) throws -> Tensor {
        guard latents.shape.count == 4, latents.shape[0] == 1 else {
            throw ModelError.badLatents(found: latents.shape, expected: [1, latentChannels, 64, 64])
        }
        let (rows, columns) = (latents.shape[2], latents.shape[3])
        if max(rows, columns) <= tileSize { return try decode(scaled: latents) }
        let overlap = tileSize / 4
        return try compute.blended(
            [1, rows * scale, columns * scale, 3], step: (tileSize - overlap) * scale, overlap: overlap * scale
        ) { y, x in
            let (row, column) = (y / scale, x / scale)
            return try decode(
                scaled: latents.part(
                    rows: row..<min(rows, row + tileSize), columns: column..<min(columns, column + tileSize)))
        }
    }
}
