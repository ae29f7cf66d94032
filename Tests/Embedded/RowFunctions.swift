extension Checks {
    mutating func functions() {
        for count in [8, 24, 40, 320, 2880] {
            let x = floats(count, 20)
            activations(x, count)
            var magnitude: Float = 0
            for i in 0..<count {
                magnitude = max(magnitude, abs(x[i]))
            }
            compare(largestMagnitude(x, count), Double(magnitude), within: 0, "largestMagnitude", count)

            let y = floats(count), sum = copy(x, count)
            add(y, count, sum)
            let factor = 32_767 / magnitude
            let rounded = UnsafeMutablePointer<Int16>.allocate(capacity: count)
            quantize(x, count, factor, rounded)
            for i in 0..<count {
                compare(sum[i], Double(x[i] + y[i]), within: 0, "add", i)
                compare(Int(rounded[i]), Int((x[i] * factor).rounded(.toNearestOrEven)), "quantize", i)
            }
        }
    }

    /// exp2's polynomial is good to 2u, its argument to u of itself (times ln 2 in the result); erf's (Abramowitz &
    /// Stegun 7.1.26) to 1.5e-7 = 2.5u, plus its own roundings.
    private mutating func activations(_ x: Floats, _ count: Int) {
        let silu = copy(x, count), quick = copy(x, count), erf = copy(x, count), gated = filled(count)
        let rectified = copy(x, count)
        relu(rectified, count)
        swish(silu, count, 1)
        swish(quick, count, 1.702)
        gelu(erf, count)
        gatedGelu(silu, x, gated, count)
        for i in 0..<count {
            let v = Double(x[i]), factor = Double(Float(1.702))
            let s = v / (1 + exponential(-v)), q = v / (1 + exponential(-factor * v))
            let e = v / 2 * (1 + errorFunction(v / 2.0.squareRoot()))
            compare(silu[i], s, within: (10 + 3 * abs(v)) * u * abs(s), "swish", i)
            compare(quick[i], q, within: (10 + 3 * factor * abs(v)) * u * abs(q), "swish 1.702", i)
            compare(rectified[i], max(v, 0), within: 0, "relu", i)
            compare(erf[i], e, within: 8 * u * abs(v), "gelu", i)
            let product = Double(silu[i]) * e
            compare(gated[i], product, within: 8 * u * abs(v) * abs(Double(silu[i])), "gatedGelu", i)
        }
    }

    mutating func channels() {
        for (rows, channels) in [(1, 8), (7, 24), (33, 40), (15, 320)] {
            let count = rows * channels, n = Double(channels)
            let x = floats(count, 3), weight = floats(channels), bias = floats(channels)
            let sums = filled(channels, 1), squares = filled(channels, 1)
            channelMoments(x, rows, channels, sums, squares)
            let plain = filled(count), silu = filled(count), normalized = filled(count)
            scaleChannels(x, rows, channels, weight, bias, false, plain)
            scaleChannels(x, rows, channels, weight, bias, true, silu)
            for c in 0..<channels {
                var sum = 1.0, size = 1.0, square = 1.0
                for r in 0..<rows {
                    let v = Double(x[r * channels + c]), y = v * Double(weight[c]) + Double(bias[c])
                    sum += v
                    size += abs(v)
                    square += v * v
                    let bound = 3 * u * (abs(v) + 1), s = y / (1 + exponential(-y))
                    compare(plain[r * channels + c], y, within: bound, "scaleChannels", c)
                    compare(silu[r * channels + c], s, within: 1.1 * bound + 20 * u * abs(s), "scaleChannels, SiLU", c)
                }
                compare(sums[c], sum, within: Double(rows + 1) * u * size, "channelMoments", c)
                compare(squares[c], square, within: Double(rows + 2) * u * square, "channelMoments' squares", c)
            }
            for r in 0..<rows {
                let row = x + r * channels
                normalizeRow(row, channels, 1e-5, weight, bias, normalized)
                var mean = 0.0, variance = 0.0
                for c in 0..<channels { mean += Double(row[c]) / n }
                for c in 0..<channels { variance += (Double(row[c]) - mean) * (Double(row[c]) - mean) / n }
                let deviation = (variance + 1e-5).squareRoot()
                for c in 0..<channels {
                    let y = (Double(row[c]) - mean) / deviation
                    // The mean and the variance gather a rounding for every eighth value, and a few.
                    let bound = (n / 8 + 10) * u * (abs(y) + 3 / deviation) + u
                    compare(
                        normalized[c], y * Double(weight[c]) + Double(bias[c]), within: bound, "normalizeRow", channels)
                }
            }
        }
    }

    private func copy(_ x: Floats, _ count: Int) -> Floats {
        let p = Floats.allocate(capacity: count)
        p.update(from: x, count: count)
        return p
    }
}
