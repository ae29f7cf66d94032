import Glibc

/// What the latents of pictures may be: a normal distribution for each number, independent of all others (diffusers
/// models/autoencoders/vae.py).
public struct DiagonalGaussianDistribution: Equatable, Sendable {
    /// `[n, latentChannels, rows, columns]`
    public let mean: Latents
    /// The natural logarithms of the variances, -30…20, in the same shape.
    public let logVariance: Latents

    /// - Parameter moments: `[n, 2·latentChannels, rows, columns]`: of every picture the means, then the logarithms of
    ///   the variances
    init(moments: Latents) {
        let count = moments.values.count / (2 * moments.shape[0])
        func half(_ half: Int) -> Latents {
            Latents(
                checkedShape: [moments.shape[0], moments.shape[1] / 2] + moments.shape[2...],
                values: (0..<moments.shape[0]).flatMap { image in
                    let start = (2 * image + half) * count
                    return moments.values[start..<start + count]
                })
        }
        mean = half(0)
        logVariance = half(1).map { max(-30, min(20, $0)) }
    }

    /// In the shape of `mean`.
    public var standardDeviation: Latents { logVariance.map { exp(0.5 * $0) } }

    /// The most probable latents: the means.
    public var mode: Latents { mean }

    /// Latents drawn from the distribution, with noise for all pictures from one `torch.randn`, as diffusers draws it
    /// with one generator.
    /// - Parameter generator: where its stream goes on
    public func sample(using generator: inout NoiseGenerator) throws -> Latents {
        let noise = try generator.randn(shape: mean.shape)
        return try mean + standardDeviation.combined(with: noise, *)
    }
}
