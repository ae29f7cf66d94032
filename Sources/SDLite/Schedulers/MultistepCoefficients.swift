/// The weights of the last `order` derivatives in a step from `sigmas[index]` to `sigmas[index + 1]`, newest first.
///
/// Each is the integral of a Lagrange basis polynomial over the last `order` noise levels. The polynomials are
/// integrated exactly, where diffusers integrates them numerically to a relative 1e-4 (and, as they are cubic at most,
/// reaches about single precision).
func multistepCoefficients(_ sigmas: [Float], at index: Int, order: Int) -> [Float] {
    // Relative to the current noise level, so that nothing cancels.
    let origin = Double(sigmas[index])
    let nodes = (0..<order).map { Double(sigmas[index - $0]) - origin }
    let end = Double(sigmas[index + 1]) - origin
    return nodes.indices.map { current in
        var polynomial = [1.0]  // coefficients, constant first
        for other in nodes.indices where other != current {
            let scale = 1 / (nodes[current] - nodes[other])
            let shifted = [0] + polynomial
            let scaled = polynomial.map { $0 * nodes[other] } + [0]
            polynomial = zip(shifted, scaled).map { ($0 - $1) * scale }
        }
        // Horner's scheme on the integral's coefficients.
        let integral = polynomial.enumerated().reversed().reduce(0.0) { sum, term in
            sum * end + term.element / Double(term.offset + 1)
        }
        return Float(integral * end)
    }
}
