/// Dynamic thresholding (Saharia et al. 2022, arXiv 2205.11487): each picture is clipped to a quantile of its absolute
/// values, which is kept between 1 and `largest`, and divided by it.
struct DynamicThresholding {
    let ratio: Float
    let largest: Float

    func callAsFunction(_ originals: Latents) -> Latents {
        let count = originals.values.count / originals.shape[0]
        let values = (0..<originals.shape[0]).flatMap { image in
            let picture = originals.values[image * count..<(image + 1) * count]
            let limit = min(max(quantile(picture.map(abs)), 1), largest)
            return picture.map { clamped($0, to: limit) / limit }
        }
        return Latents(checkedShape: originals.shape, values: values)
    }

    /// The quantile with linear interpolation, as `torch.quantile`.
    private func quantile(_ values: [Float]) -> Float {
        let sorted = values.sorted()
        let rank = ratio * Float(sorted.count - 1)
        // Of more than 2²⁴ values, the last one's rank may be rounded up.
        let below = sorted[min(Int(rank), sorted.count - 1)]
        let above = sorted[min(Int(rank.rounded(.up)), sorted.count - 1)]
        let weight = rank - rank.rounded(.down)
        return weight < 0.5 ? below + weight * (above - below) : above - (above - below) * (1 - weight)
    }
}
