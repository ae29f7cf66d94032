/// A batch of latent pictures, as diffusers lays them out: float32, `[n, channels, height / 8, width / 8]`, C order.
public struct Latents: Equatable, Sendable {
    /// `[n, channels, rows, columns]`; rows and columns are an eighth of the picture's.
    public var shape: [Int]
    /// The numbers in C order: as many as the product of `shape`.
    public var values: [Float]

    public init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "latents of shape \(shape) cannot hold \(values.count) values")
        self.shape = shape
        self.values = values
    }
}
