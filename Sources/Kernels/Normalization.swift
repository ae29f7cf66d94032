extension Compute {
    private static let momentRows = 64

    /// Group normalisation (Wu & He 2018) over the rows of each image of `x` `[batch, ..., channels]`, then SiLU if
    /// asked. Sums run in float over 64 rows and in double across.
    /// - Parameters:
    ///   - weight, bias: `[channels]`
    ///   - groups: divides channels
    public func groupNorm(
        _ x: Tensor, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float, silu: Bool = false
    ) throws(CancellationError) -> Tensor {
        try checkCancellation()
        let (batch, channels) = (x.shape[0], x.channels)
        let rows = x.rows / batch
        precondition(channels % 8 == 0 && channels % groups == 0 && weight.count == channels)
        let out = tensor(x.shape)
        let chunks = (rows + Self.momentRows - 1) / Self.momentRows
        let partial = tensor([batch * chunks, 2 * channels])
        let factors = tensor([batch, channels])
        let offsets = tensor([batch, channels])
        perform("group norm") {
            partial.pointer.update(repeating: 0, count: partial.count)
            pool.forEach(batch * chunks) { i, _ in
                let (image, chunk) = i.quotientAndRemainder(dividingBy: chunks)
                let first = chunk * Self.momentRows
                let sums = partial.pointer + i * 2 * channels
                kernels.channelMoments(
                    x.pointer + (image * rows + first) * channels, min(Self.momentRows, rows - first), channels,
                    sums, sums + channels)
            }
            let size = channels / groups
            for image in 0..<batch {
                for group in 0..<groups {
                    var (sum, squares) = (0.0, 0.0)
                    for chunk in 0..<chunks {
                        let p = partial.pointer + (image * chunks + chunk) * 2 * channels + group * size
                        for c in 0..<size {
                            sum += Double(p[c])
                            squares += Double(p[channels + c])
                        }
                    }
                    let mean = sum / Double(rows * size)
                    let variance = max(0, squares / Double(rows * size) - mean * mean)
                    let inverse = 1 / (variance + Double(epsilon)).squareRoot()
                    for c in group * size..<(group + 1) * size {
                        let factor = inverse * Double(weight.pointer[c])
                        factors.pointer[image * channels + c] = Float(factor)
                        offsets.pointer[image * channels + c] = Float(Double(bias.pointer[c]) - mean * factor)
                    }
                }
            }
            pool.forEach(batch * chunks) { i, _ in
                let (image, chunk) = i.quotientAndRemainder(dividingBy: chunks)
                let first = chunk * Self.momentRows
                let start = (image * rows + first) * channels
                kernels.scaleChannels(
                    x.pointer + start, min(Self.momentRows, rows - first), channels, factors.pointer + image * channels,
                    offsets.pointer + image * channels, silu, out.pointer + start)
            }
        }
        return out
    }

    /// Layer normalisation over the last dimension (Ba et al. 2016).
    public func layerNorm(
        _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
    ) throws(CancellationError) -> Tensor {
        try checkCancellation()
        let channels = x.channels
        precondition(channels % 8 == 0 && weight.count == channels)
        let out = tensor(x.shape)
        perform("layer norm") {
            forEachRange(x.rows, chunk: 64) { rows in
                for row in rows {
                    kernels.normalizeRow(
                        x.pointer + row * channels, channels, epsilon, weight.pointer, bias.pointer,
                        out.pointer + row * channels)
                }
            }
        }
        return out
    }
}
