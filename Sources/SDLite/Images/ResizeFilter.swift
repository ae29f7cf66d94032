import Glibc

/// How a pixel of a resized picture weighs the old pixels around its place.
public enum ResizeFilter: Sendable, CaseIterable {
    /// A triangle, between two neighbours.
    case bilinear
    /// Keys's cubic convolution with a = -0.5, over four.
    case bicubic
    /// A sinc under a sinc's main lobe, over six.
    case lanczos

    /// In pixels, to either side.
    var support: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// - Parameter distance: in pixels; beyond `support` the weight is 0
    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        guard x < support else { return 0 }
        switch self {
        case .bilinear: return 1 - x
        case .bicubic:
            return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * -0.5
        case .lanczos: return Self.sinc(x) * Self.sinc(x / 3)
        }
    }

    private static func sinc(_ x: Double) -> Double {
        x == 0 ? 1 : sin(x * .pi) / (x * .pi)
    }
}
