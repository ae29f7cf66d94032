extension Latents {
    /// Every number times `factor`.
    public static func * (latents: Latents, factor: Float) -> Latents { latents.map { $0 * factor } }

    /// Every number times `factor`.
    public static func * (factor: Float, latents: Latents) -> Latents { latents.map { factor * $0 } }

    /// Every number divided by `divisor`.
    public static func / (latents: Latents, divisor: Float) -> Latents { latents.map { $0 / divisor } }

    /// - Throws: `LatentsError.differentShapes`
    public static func + (a: Latents, b: Latents) throws -> Latents { try a.combined(with: b, +) }

    /// - Throws: `LatentsError.differentShapes`
    public static func - (a: Latents, b: Latents) throws -> Latents { try a.combined(with: b, -) }

    /// Classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598): what the model predicts for the prompt, away
    /// from what it predicts without.
    ///
    /// Called on a batch of two halves, first the unconditional predictions, then the conditional ones of the same
    /// images.
    /// - Parameters:
    ///   - scale: 1 leaves the conditional predictions, up to rounding; more follows the prompt more strictly
    ///   - rescale: 0…1, how far each image's standard deviation is brought back to that of its conditional prediction
    ///     (Lin et al. 2023, arXiv 2305.08891, section 3.4; diffusers' `rescale_noise_cfg`)
    /// - Returns: half the batch, `unconditional + scale * (conditional - unconditional)`
    /// - Throws: `LatentsError.notDivisible` for an odd number of images
    public func guided(scale: Float, rescale: Float = 0) throws -> Latents {
        let halves = try chunked(2)
        let guided = try halves[0].combined(with: halves[1]) { unconditional, conditional in
            unconditional + scale * (conditional - unconditional)
        }
        guard rescale > 0 else { return guided }
        return try .concatenated(
            (0..<guided.shape[0]).map { image in
                let (picture, conditional) = (try guided[image], try halves[1][image])
                let deviation = picture.standardDeviation
                guard deviation > 0 else { return picture }  // nothing but zeros, while memory is planned
                let factor = conditional.standardDeviation / deviation
                return picture.map { rescale * ($0 * factor) + (1 - rescale) * $0 }
            })
    }

    /// Of all numbers, with Bessel's correction as torch's `std`.
    private var standardDeviation: Float {
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        let sum = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return Float((sum / (count - 1)).squareRoot())
    }

    func map(_ operation: (Float) -> Float) -> Latents {
        Latents(checkedShape: shape, values: values.map(operation))
    }

    /// `operation` on the numbers at the same place.
    /// - Throws: `LatentsError.differentShapes`
    func combined(with other: Latents, _ operation: (Float, Float) -> Float) throws -> Latents {
        guard shape == other.shape else { throw LatentsError.differentShapes(shape, other.shape) }
        return Latents(checkedShape: shape, values: zip(values, other.values).map(operation))
    }
}
