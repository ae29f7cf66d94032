@testable import Kernels

/// Every operation as plain loops in double precision: what the kernels are compared with.
enum Reference {
    /// `x` `[rows, inputs]` times `weights` `[outputs][inputs]`.
    static func linear(_ x: [Float], rows: Int, weights: [[Float]], bias: [Float]) -> [Double] {
        let inputs = weights[0].count
        var out: [Double] = []
        for r in 0..<rows {
            for n in weights.indices {
                var sum = Double(bias[n])
                for k in 0..<inputs { sum += Double(x[r * inputs + k]) * Double(weights[n][k]) }
                out.append(sum)
            }
        }
        return out
    }

    /// `weights` `[outputs][inputs][kernel·kernel]`; `x` `[batch, height, width, inputs]`, first enlarged to `size`.
    static func convolution(
        _ x: Tensor, weights: [[[Float]]], bias: [Float], _ shape: ConvolutionShape,
        upsampledTo size: (height: Int, width: Int)
    ) -> [Double] {
        let (h, w, c) = (x.shape[1], x.shape[2], x.shape[3])
        let values = x.values
        var out: [Double] = []
        for image in 0..<x.shape[0] {
            for oy in 0..<shape.outputSize(size.height) {
                for ox in 0..<shape.outputSize(size.width) {
                    for n in weights.indices {
                        var sum = Double(bias[n])
                        for tap in 0..<shape.kernel * shape.kernel {
                            let y = oy * shape.stride + tap / shape.kernel - shape.paddingBefore
                            let x = ox * shape.stride + tap % shape.kernel - shape.paddingBefore
                            guard (0..<size.height).contains(y), (0..<size.width).contains(x) else { continue }
                            let row = (image * h + y * h / size.height) * w + x * w / size.width
                            for k in 0..<c { sum += Double(values[row * c + k]) * Double(weights[n][k][tap]) }
                        }
                        out.append(sum)
                    }
                }
            }
        }
        return out
    }

    static func attention(
        query: [Float], key: [Float], value: [Float], tokens: Int, keys: Int, heads: Int, d: Int, causal: Bool
    ) -> [Double] {
        let width = heads * d
        var out = [Double](repeating: 0, count: tokens * width)
        for head in 0..<heads {
            for t in 0..<tokens {
                let q = t * width + head * d
                var scores: [Double] = []
                for k in 0..<(causal ? t + 1 : keys) {
                    var sum = 0.0
                    for i in 0..<d { sum += Double(query[q + i]) * Double(key[k * width + head * d + i]) }
                    scores.append(sum / Double(d).squareRoot())
                }
                let top = scores.max() ?? 0
                let weights = scores.map { exponential($0 - top) }
                let total = weights.reduce(0, +)
                for (k, weight) in weights.enumerated() {
                    for i in 0..<d { out[q + i] += weight / total * Double(value[k * width + head * d + i]) }
                }
            }
        }
        return out
    }

    static func groupNorm(_ x: Tensor, weight: [Float], bias: [Float], groups: Int, epsilon: Double) -> [Double] {
        let (batch, channels) = (x.shape[0], x.channels)
        let (rows, size) = (x.rows / batch, channels / groups)
        let values = x.values
        var out = [Double](repeating: 0, count: x.count)
        for image in 0..<batch {
            for group in 0..<groups {
                var indices: [Int] = []
                for r in 0..<rows {
                    for c in 0..<size { indices.append((image * rows + r) * channels + group * size + c) }
                }
                let count = Double(indices.count)
                let mean = indices.reduce(0.0) { $0 + Double(values[$1]) } / count
                let squares = indices.map { (Double(values[$0]) - mean) * (Double(values[$0]) - mean) }
                let variance = squares.reduce(0, +) / count
                for i in indices {
                    let c = i % channels
                    out[i] =
                        (Double(values[i]) - mean) / (variance + epsilon).squareRoot() * Double(weight[c])
                        + Double(bias[c])
                }
            }
        }
        return out
    }
}
