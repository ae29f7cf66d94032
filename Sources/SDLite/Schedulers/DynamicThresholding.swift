extension DDIMScheduler {
    /// Dynamic thresholding (Saharia et al. 2022, arXiv 2205.11487): each picture is clipped to a quantile of its
    /// absolute values, which is kept between 1 and `sampleMaxValue`, and divided by it.
    func thresholded(_ original: [Float]) -> [Float] {
        precondition(imageCount > 0 && original.count.isMultiple(of: imageCount), "not \(imageCount) whole pictures")
        let size = original.count / imageCount
        guard size > 0 else { return original }
        return (0..<imageCount).flatMap { image in
            let picture = original[image * size..<(image + 1) * size]
            let quantile = Self.quantile(picture.map(abs), Float(configuration.dynamicThresholdingRatio))
            let limit = min(max(quantile, 1), Float(configuration.sampleMaxValue))
            return picture.map { clamped($0, to: limit) / limit }
        }
    }

    /// The quantile with linear interpolation, as `torch.quantile`.
    private static func quantile(_ values: [Float], _ ratio: Float) -> Float {
        let sorted = values.sorted()
        let rank = ratio * Float(sorted.count - 1)
        let below = sorted[Int(rank)]
        let above = sorted[Int(rank.rounded(.up))]
        let weight = rank - rank.rounded(.down)
        return weight < 0.5 ? below + weight * (above - below) : above - (above - below) * (1 - weight)
    }
}

/// `value` between -`limit` and `limit`; NaN stays NaN.
func clamped(_ value: Float, to limit: Float) -> Float {
    if value > limit { return limit }
    return value < -limit ? -limit : value
}
