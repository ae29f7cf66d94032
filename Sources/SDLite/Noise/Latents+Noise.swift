extension Latents {
    /// Standard normal noise, the values of `torch.randn(shape, generator=…)`: the noise of a whole batch is drawn at
    /// once.
    /// - Parameters:
    ///   - shape: `[n, channels, rows, columns]`
    ///   - generator: where its stream goes on
    /// - Throws: `LatentsError` for a shape that latents cannot have; then nothing is drawn
    public static func randn(shape: [Int], using generator: inout NoiseGenerator) throws -> Latents {
        try generator.randn(shape: shape)
    }
}

extension NoiseGenerator {
    /// `Latents.randn` with this generator.
    /// - Throws: `LatentsError` for a shape that latents cannot have; then nothing is drawn
    public mutating func randn(shape: [Int]) throws -> Latents {
        let count = try Latents.count(of: shape)
        return Latents(checkedShape: shape, values: try normal(count))
    }
}
