extension Compute {
    /// Where two maps of the same shape and kind lead in a line: `last + share · (last - before)`.
    package func continued(from before: Tensor, through last: Tensor, by share: Float) throws -> Tensor {
        precondition(before.shape == last.shape && before.element == last.element)
        let out = try tensor(last.shape)
        perform("continue") {
            forEachRange(out.rows, chunk: 64) { rows in
                for row in rows {
                    let target = out.pointer + row * out.channels
                    switch last.element {
                    case .float32:
                        let (a, b) = (before.pointer + row * out.channels, last.pointer + row * out.channels)
                        for i in 0..<out.channels { target[i] = b[i] + share * (b[i] - a[i]) }
                    case .int16:
                        let (a, b) = (before.integers(row: row), last.integers(row: row))
                        let (factorA, factorB) = (share * a.scale.pointee, (1 + share) * b.scale.pointee)
                        for i in 0..<out.channels {
                            target[i] = factorB * Float(b.values[i]) - factorA * Float(a.values[i])
                        }
                    }
                }
            }
        }
        return out
    }
}
