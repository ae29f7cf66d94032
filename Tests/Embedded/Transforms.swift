extension Checks {
    /// The matrices of Winograd's F(4×4, 3×3), G's rows scaled to whole numbers.
    static let bt: [[Double]] = [
        [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
    static let g: [[Int]] = [[1, 0, 0], [1, 1, 1], [1, -1, 1], [1, 2, 4], [1, -2, 4], [0, 0, 1]]
    static let at: [[Double]] = [
        [1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1],
    ]

    mutating func winograd() {
        for channels in [16, 48, 320] {
            winogradInputs(channels)
            winogradWeights(channels)
        }
        winogradOutputs()
    }

    private mutating func winogradInputs(_ channels: Int) {
        let stride = channels + 16
        let x = floats(36 * channels, 9), out = filled(36 * stride), scratch = filled(36 * 8)
        let pixels = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: 36)
        for i in 0..<36 { pixels[i] = UnsafePointer(x + i * channels) }
        winogradInput(pixels, channels, scratch, out, stride)
        for position in 0..<36 {
            for c in 0..<channels {
                var sum = 0.0, size = 0.0
                for i in 0..<36 {
                    let term =
                        Self.bt[position / 6][i / 6] * Self.bt[position % 6][i % 6] * Double(x[i * channels + c])
                    sum += term
                    size += abs(term)
                }
                compare(out[position * stride + c], sum, within: 8 * u * size, "winogradInput", position)
            }
        }
    }

    private mutating func winogradWeights(_ channels: Int) {
        let q = bytes(channels * 9 * 16), stride = channels * 16 + 32
        let out = UnsafeMutablePointer<Int16>.allocate(capacity: 36 * stride)
        let scratch = UnsafeMutablePointer<Int16>.allocate(capacity: 18 * 16)
        KernelsPortable.winogradWeights(q, channels, scratch, out, stride, 2 * 16)
        for position in 0..<36 {
            for c in 0..<channels {
                for j in 0..<16 {
                    var sum = 0
                    for i in 0..<9 {
                        sum += Self.g[position / 6][i / 3] * Self.g[position % 6][i % 3] * Int(q[(c * 9 + i) * 16 + j])
                    }
                    let found = out[position * stride + (c / 2 * 16 + j) * 2 + c % 2]
                    compare(Int(found), sum, "winogradWeights", position)
                }
            }
        }
    }

    private mutating func winogradOutputs() {
        let stride = 24, rowStride = 100, pixelStride = 20
        let m = floats(36 * stride), bias = floats(16), scratch = filled(24 * 8)
        let out = filled(4 * rowStride)
        winogradOutput(m, stride, scratch, bias, out, rowStride, pixelStride)
        for pixel in 0..<16 {
            for j in 0..<16 {
                var sum = Double(bias[j]), size = abs(Double(bias[j]))
                for i in 0..<36 {
                    let term = Self.at[pixel / 4][i / 6] * Self.at[pixel % 4][i % 6] * Double(m[i * stride + j])
                    sum += term
                    size += abs(term)
                }
                let found = out[pixel / 4 * rowStride + pixel % 4 * pixelStride + j]
                compare(found, sum, within: 12 * u * size, "winogradOutput", pixel)
            }
        }
    }
}
