import Kernels

/// GEGLU feed-forward (Shazeer 2020; diffusers models/attention.py): 4× as wide inside.
struct FeedForward {
    private let up, down: Linear

    init(_ weights: Weights, channels: Int) throws(ModelError) {
        up = try Linear(weights[0]["proj"], inputs: channels, outputs: 8 * channels)
        down = try Linear(weights[2], inputs: 4 * channels, outputs: channels)
    }

    /// In stripes of rows, because the inside is four times as wide as `x`.
    func callAsFunction(_ x: Tensor, addingTo residual: Tensor) throws {
        for first in stride(from: 0, to: x.rows, by: Self.stripe) {
            let rows = first..<min(x.rows, first + Self.stripe)
            try down(up.gated(x.rows(rows)), addingTo: residual.rows(rows))
        }
    }

    private static let stripe = 1024
}
