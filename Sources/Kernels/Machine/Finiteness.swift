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
    struct Findings {
        var firstWrong: String?
        var lastLayer = "the start"
    }
    let findings = Mutex(Findings())
}
