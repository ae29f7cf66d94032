/// A batch of latent images, as diffusers lays them out: float32, `[n, channels, height / 8, width / 8]`, C order.
///
/// A value with the arithmetic of a sampling loop, each number by itself and in single precision:
///
///     let parts = try noise.chunked(2)
///     let guided = try parts[0] + 7.5 * (parts[1] - parts[0])
public struct Latents: Equatable, Sendable {
    /// `[n, channels, rows, columns]`, all positive; rows and columns are an eighth of the picture's.
    public let shape: [Int]
    /// The numbers in C order: as many as the product of `shape`.
    public let values: [Float]

    /// The most numbers that latents may have, 1 GiB of them.
    public static let largestCount = 1 << 28

    /// - Throws: `LatentsError` unless `shape` has four positive dimensions whose product is the number of values
    public init(shape: [Int], values: [Float]) throws {
        guard try Self.count(of: shape) == values.count else {
            throw LatentsError.wrongCount(shape: shape, values: values.count)
        }
        self.init(checkedShape: shape, values: values)
    }

    /// - Parameter checkedShape: known to be sound and to fit `values`
    init(checkedShape: [Int], values: [Float]) {
        shape = checkedShape
        self.values = values
    }

    /// Whether no number is a NaN or infinite.
    public var isFinite: Bool { values.allSatisfy(\.isFinite) }

    /// The number of values in latents of this shape.
    /// - Throws: `LatentsError` for a shape that latents cannot have
    static func count(of shape: [Int]) throws -> Int {
        guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else { throw LatentsError.badShape(shape) }
        var count = 1
        for dimension in shape {
            guard dimension <= largestCount / count else {
                throw LatentsError.tooLarge(shape: shape, most: largestCount)
            }
            count *= dimension
        }
        return count
    }
}

extension Latents: CustomStringConvertible {
    /// Shape, mean, standard deviation and the first numbers, on one line.
    public var description: String {
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let first = values.prefix(3).map { Self.rounded(Double($0)) } + (values.count > 3 ? ["…"] : [])
        return
            "Latents \(shape), mean \(Self.rounded(mean)), standard deviation \(Self.rounded(variance.squareRoot())): "
            + first.joined(separator: ", ")
    }

    private static func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
