extension Checks {
    /// The three micro-kernels of attention in turn, on 16 queries and two blocks of keys, the second ending mid-panel.
    mutating func attention() {
        for (d, count) in [(5, 1), (40, 7), (20, 33)] {
            let (padded, keys) = ((count + 4) / 5 * 5, 2 * ((count + 4) / 5 * 5))
            let q = floats(d * 16), k = floats(keys * d), v = floats(keys * d)
            let scores = filled(padded * 16), factors = filled(16), maxima = filled(16, -.infinity)
            let totals = filled(16, 0), sums = filled(d * 16, 0)
            for first in [0, padded] {
                attentionScores(q, k + first * d, padded / 5, d, scores)
                attentionWeights(scores, count, maxima, totals, factors)
                attentionSums(scores, count, v + first * 5, d / 5, keys * 5, factors, sums)
            }
            for r in 0..<16 {
                var total = 0.0, size = 0.0
                let expected = UnsafeMutablePointer<Double>.allocate(capacity: d)
                expected.initialize(repeating: 0, count: d)
                for first in [0, padded] {
                    for j in first..<first + count {
                        var score = 0.0, magnitude = 0.0
                        for i in 0..<d {
                            let product = Double(q[i * 16 + r]) * Double(k[j / 5 * 5 * d + i * 5 + j % 5])
                            score += product
                            magnitude += abs(product)
                        }
                        size = max(size, magnitude)
                        let weight = exponential(0.6931471805599453 * score)
                        total += weight
                        for i in 0..<d { expected[i] += weight * Double(v[(i / 5 * keys + j) * 5 + i % 5]) }
                    }
                }
                // A weight is off by its score's d roundings and a few of its own, a sum by one more per key.
                let bound = (2 * (Double(d) + 4) * (size + 1) + 2 * Double(count) + 20) * u
                for i in 0..<d {
                    compare(sums[i * 16 + r] / totals[r], expected[i] / total, within: 2 * bound, "attention", i)
                }
            }
        }
    }
}
