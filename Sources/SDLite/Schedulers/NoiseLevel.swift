import Glibc

/// What a sample of unit variance consists of, `pictureShare · picture + noiseShare · noise`, at a noise level.
struct NoiseLevel {
    let pictureShare: Float
    let noiseShare: Float
    /// Half the logarithm of the signal-to-noise ratio, lambda; infinite without noise.
    let lambda: Float

    /// - Parameter sigma: the noise relative to the picture.
    init(sigma: Float) {
        pictureShare = 1 / (sigma * sigma + 1).squareRoot()
        noiseShare = sigma * pictureShare
        lambda = log(pictureShare) - log(noiseShare)
    }

    func mixed(_ picture: Latents, _ noise: Latents) throws -> Latents {
        try pictureShare * picture + noiseShare * noise
    }
}
