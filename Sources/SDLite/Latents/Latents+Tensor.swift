import Kernels

extension Latents {
    /// `[n, rows, columns, channels]`, as the layers want it.
    func channelsLast() -> Tensor {
        let (channels, positions) = (shape[1], shape[2] * shape[3])
        var out = [Float](repeating: 0, count: values.count)
        for image in 0..<shape[0] {
            let base = image * channels * positions
            for c in 0..<channels {
                for p in 0..<positions { out[base + p * channels + c] = values[base + c * positions + p] }
            }
        }
        return Tensor([shape[0], shape[2], shape[3], channels], values: out)
    }

    init(channelsLast x: Tensor) {
        let (images, channels, positions) = (x.shape[0], x.shape[3], x.shape[1] * x.shape[2])
        let source = x.values
        var out = [Float](repeating: 0, count: source.count)
        for image in 0..<images {
            let base = image * channels * positions
            for c in 0..<channels {
                for p in 0..<positions { out[base + c * positions + p] = source[base + p * channels + c] }
            }
        }
        self.init(checkedShape: [images, channels, x.shape[1], x.shape[2]], values: out)
    }

    /// A rectangle of every picture of the batch.
    func part(rows: Range<Int>, columns: Range<Int>) -> Latents {
        let (height, width) = (shape[2], shape[3])
        var part: [Float] = []
        for plane in 0..<shape[0] * shape[1] {
            for row in rows {
                let first = (plane * height + row) * width
                part += values[first + columns.lowerBound..<first + columns.upperBound]
            }
        }
        return Latents(checkedShape: [shape[0], shape[1], rows.count, columns.count], values: part)
    }
}
