import Glibc

/// How UniPC weighs the differences between predicted originals (Zhao et al. 2023, arXiv 2302.04867, section 3).
struct UniPCWeights {
    /// exp(-h) - 1
    let phi: Float
    /// B(h): what the weighted sum is multiplied with.
    let scale: Float
    /// One for each of the ratios.
    let predictor: [Float]
    /// One for each of the ratios, and one for the difference at the step's end.
    let corrector: [Float]

    /// - Parameters:
    ///   - h: the step in lambda.
    ///   - ratios: where the earlier originals lie, in steps from its start: negative.
    ///   - isBH1: B(h) is the step itself.
    init(_ h: Float, ratios: [Float], isBH1: Bool) {
        phi = expm1(-h)
        scale = isBH1 ? -h : phi
        let order = ratios.count + 1
        var sums: [Float] = []
        var (term, factorial) = (phi / -h - 1, Float(1))
        for i in 1...order {
            sums.append(term * factorial / scale)
            factorial *= Float(i + 1)
            term = term / -h - 1 / factorial
        }
        predictor = order <= 2 ? [Float](repeating: 0.5, count: order - 1) : Self.solution(ratios, sums.dropLast())
        corrector = order == 1 ? [0.5] : Self.solution(ratios + [1], sums)
    }

    /// Numbers whose sum with weights `nodes` to the power of i is `sums[i]`, for every i: the dual Vandermonde system.
    private static func solution(_ nodes: [Float], _ sums: [Float]) -> [Float] {
        let nodes = nodes.map { Double($0) }
        var result = sums.map { Double($0) }
        // Björck and Pereyra 1970.
        let last = nodes.count - 1
        for k in 0..<last {
            for i in stride(from: last, to: k, by: -1) { result[i] -= nodes[k] * result[i - 1] }
        }
        for k in stride(from: last - 1, through: 0, by: -1) {
            for i in k + 1...last { result[i] /= nodes[i] - nodes[i - k - 1] }
            for i in k..<last { result[i] -= result[i + 1] }
        }
        return result.map { Float($0) }
    }
}
