extension Compute {
    /// Pixels of a row whose moments are summed in float; beyond, sums are in double.
    private static let momentPixels = 64

    /// Group normalisation (Wu & He 2018) over each image of `x`, then SiLU if asked. The statistics are gathered now;
    /// the result is computed as it is read.
    /// - Parameters:
    ///   - weight, bias: `[channels]`
    ///   - groups: divides channels
    package func groupNorm(
        _ x: FeatureMap, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float, silu: Bool = false
    ) throws -> FeatureMap {
        let channels = x.channels
        precondition(channels % 8 == 0 && channels % groups == 0 && weight.count == channels)
        let factors = try tensor([x.batch, channels])
        let offsets = try tensor([x.batch, channels])
        let band = try Band(x, compute: self)
        let segments = (x.width + Self.momentPixels - 1) / Self.momentPixels
        let partial = try tensor([band.mostRows * segments, 2 * channels])
        var totals = [Double](repeating: 0, count: x.batch * 2 * channels)
        try forEachStripe(of: x, mostRows: band.mostRows, "group norm") { stripe in
            band.advance(to: stripe)
            let held = band.held
            pool.forEach(stripe.imageRows) { i, _ in
                let (image, row) = i.quotientAndRemainder(dividingBy: stripe.rows.count)
                let pixels = held.row(image: stripe.images.lowerBound + image, y: stripe.rows.lowerBound + row)
                for segment in 0..<segments {
                    let first = segment * Self.momentPixels
                    let sums = partial.pointer + (i * segments + segment) * 2 * channels
                    sums.update(repeating: 0, count: 2 * channels)
                    kernels.channelMoments(
                        pixels + first * channels, min(Self.momentPixels, x.width - first), channels, sums,
                        sums + channels)
                }
            }
            for i in 0..<stripe.imageRows * segments {
                let image = stripe.images.lowerBound + i / (stripe.rows.count * segments)
                let sums = partial.pointer + i * 2 * channels
                for c in 0..<2 * channels { totals[image * 2 * channels + c] += Double(sums[c]) }
            }
        }
        perform("group norm") {
            let size = channels / groups
            let count = Double(x.height * x.width * size)
            for image in 0..<x.batch {
                let sums = totals[image * 2 * channels..<(2 * image + 1) * channels]
                let squares = totals[(2 * image + 1) * channels..<(2 * image + 2) * channels]
                for group in 0..<groups {
                    let members = group * size..<(group + 1) * size
                    let mean = members.reduce(0) { $0 + sums[sums.startIndex + $1] } / count
                    let square = members.reduce(0) { $0 + squares[squares.startIndex + $1] } / count
                    let variance = square - mean * mean  // NaN must stay; below zero by rounding it may be
                    let inverse = 1 / ((variance < 0 ? 0 : variance) + Double(epsilon)).squareRoot()
                    for c in members {
                        let factor = inverse * Double(weight.pointer[c])
                        factors.pointer[image * channels + c] = Float(factor)
                        offsets.pointer[image * channels + c] = Float(Double(bias.pointer[c]) - mean * factor)
                    }
                }
            }
        }
        try check(factors, offsets, by: "group norm")
        return x.normalized(FeatureMap.Norm(factors: factors, offsets: offsets, silu: silu))
    }

    /// Layer normalisation over the last dimension (Ba et al. 2016).
    package func layerNorm(
        _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
    ) throws -> Tensor {
        try checkCancellation()
        let channels = x.channels
        precondition(channels % 8 == 0 && weight.count == channels)
        let out = try tensor(x.shape)
        perform("layer norm") {
            forEachRange(x.rows, chunk: 64) { rows in
                for row in rows {
                    kernels.normalizeRow(
                        x.pointer + row * channels, channels, epsilon, weight.pointer, bias.pointer,
                        out.pointer + row * channels)
                }
            }
        }
        try check(out, by: "layer norm")
        return out
    }
}
