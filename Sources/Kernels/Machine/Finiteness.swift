import Synchronization

/// What is wrong with the numbers that are computed with.
public enum ComputeError: Error, Equatable, CustomStringConvertible {
    /// The first layer whose result holds a NaN or an infinity.
    case notFinite(layer: String)
    /// Dimensions that are not positive, or whose product is not the number of values.
    case wrongShape([Int], values: Int)

    public var description: String {
        switch self {
        case .notFinite(let layer): "the result of \(layer) is not finite: the weights are damaged or too large"
        case .wrongShape(let shape, let values):
            "a tensor of shape \(shape.prefix(8)) cannot hold \(values) values: dimensions must be positive, and their "
                + "product that number"
        }
    }
}

/// What was found in the results of a run.
final class Finiteness: Sendable {
    fileprivate struct Findings {
        var firstWrong: String?
        var lastLayer = "the start"
    }
    fileprivate let findings = Mutex(Findings())
}

extension Compute {
    /// Whether all numbers of `x` are finite.
    package func isFinite(_ x: Tensor) -> Bool {
        if x.isPlanned { return true }
        switch x.element {
        case .float32: return kernels.largestMagnitude(x.pointer, x.count).isFinite
        case .int16: return (0..<x.rows).allSatisfy { x.integers(row: $0).scale.pointee.isFinite }
        }
    }

    /// Where results are checked, notes the layer if it is the first with one that is not finite; `throwIfNotFinite` then
    /// throws. For work within an operation.
    func note(_ result: Tensor, of layer: String) {
        guard let finiteness = Run.current.finiteness else { return }
        let isWrong = !isFinite(result)
        finiteness.findings.withLock {
            if isWrong && $0.firstWrong == nil { $0.firstWrong = layer }
            $0.lastLayer = layer
        }
    }

    func throwIfNotFinite() throws(ComputeError) {
        guard let layer = Run.current.finiteness?.findings.withLock({ $0.firstWrong }) else { return }
        throw .notFinite(layer: layer)
    }

    func check(_ result: Tensor, of layer: String) throws(ComputeError) {
        note(result, of: layer)
        try throwIfNotFinite()
    }

    /// Checks what an operation without a name of its own computed.
    func check(_ results: Tensor..., by operation: String) throws(ComputeError) {
        guard let last = Run.current.finiteness?.findings.withLock({ $0.lastLayer }) else { return }
        for result in results where !isFinite(result) { throw .notFinite(layer: "the \(operation) after \(last)") }
    }
}
