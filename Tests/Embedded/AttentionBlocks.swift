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
    /// The same in integers: scores exactly, weights to a rounding and a part in ten thousand, sums exactly of these.
    mutating func attentionInIntegers() {
        for (pairs, count) in [(3, 1), (20, 7), (10, 33)] {
            let padded = (count + 9) / 10 * 10, channels = 10
            let q = integers(pairs * 32), k = integers(padded * 2 * pairs), v = integers(channels * padded)
            for i in 0..<pairs * 32 { q[i] /= 8 }
            for i in 0..<padded * 2 * pairs { k[i] /= 8 }
            for i in 0..<channels * padded { v[i] /= 64 }
            let scales = filled(16, 1e-7), scores = filled(padded * 16), factors = filled(16)
            let maxima = filled(16, -.infinity), totals = filled(16, 0), sums = filled(channels * 16, 0)
            let weights = integers(padded * 16)
            attentionScoresInt16(q, k, padded / 5, pairs, scales, scores)
            attentionWeightsInt16(scores, count, maxima, totals, factors, weights)
            attentionSumsInt16(weights, (count + 1) / 2, v, channels / 5, padded * 5, factors, sums)
            for r in 0..<16 {
                var total = 0.0
                for j in 0..<count {
                    var sum = 0
                    for i in 0..<2 * pairs {
                        sum +=
                            Int(q[i / 2 * 32 + r * 2 + i % 2])
                            * Int(k[(j / 5 * 5 * pairs + i / 2 * 5 + j % 5) * 2 + i % 2])
                    }
                    let score = Double(Float(sum) * 1e-7)
                    compare(scores[j * 16 + r], score, within: 2 * u * abs(score), "attentionScoresInt16", j)
                    let weight = 32_767 * exponential(0.6931471805599453 * (score - Double(maxima[r])))
                    let found = Double(weights[j / 2 * 32 + r * 2 + j % 2])
                    compare(Float(found), weight, within: 0.51 + 2e-4 * weight, "attentionWeightsInt16", j)
                    total += found
                }
                compare(totals[r], total, within: 2 * u * total, "totals of attentionWeightsInt16", count)
                for i in 0..<channels {
                    var sum = 0
                    for j in 0..<count {
                        sum +=
                            Int(weights[j / 2 * 32 + r * 2 + j % 2])
                            * Int(v[((i / 5 * padded / 2 + j / 2) * 5 + i % 5) * 2 + j % 2])
                    }
                    compare(sums[i * 16 + r], Double(sum), within: 2 * u * abs(Double(sum)), "attentionSumsInt16", i)
                }
            }
        }
    }
}
