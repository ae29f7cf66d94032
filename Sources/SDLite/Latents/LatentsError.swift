import FoundationEssentials

/// Why latents cannot be made, or cannot be computed with.
public enum LatentsError: LocalizedError, Equatable, CustomStringConvertible {
    /// Not four positive dimensions.
    case badShape([Int])
    /// More than `Latents.largestCount` numbers.
    case tooLarge(shape: [Int], most: Int)
    /// A number of values that is not the product of the shape.
    case wrongCount(shape: [Int], values: Int)
    /// Latents that were to be combined number by number, or image by image.
    case differentShapes([Int], [Int])
    /// An index outside the batch, which has `count` images.
    case noImage(Int, count: Int)
    /// A batch that has no so many equal parts.
    case notDivisible(images: Int, parts: Int)
    /// Fewer than one copy, or more than `Latents.largestCount` numbers in all.
    case badCopies(Int, shape: [Int])
    /// A batch of no parts.
    case nothingToConcatenate

    public var description: String {
        switch self {
        case .badShape(let shape):
            "latents have four positive dimensions, [n, channels, rows, columns], not \(brief(shape: shape))"
        case .tooLarge(let shape, let most):
            "latents of shape \(brief(shape: shape)) are too large: at most \(most) numbers are possible"
        case .wrongCount(let shape, let values):
            "latents of shape \(brief(shape: shape)) cannot be made of \(values) numbers"
        case .differentShapes(let a, let b):
            "latents of shape \(brief(shape: a)) do not go with latents of shape \(brief(shape: b))"
        case .noImage(let image, let count):
            "there is no image \(image) in a batch of \(count), whose first is 0"
        case .notDivisible(let images, let parts):
            "a batch of \(images) cannot be split into \(parts) equal parts"
        case .badCopies(let copies, let shape):
            "latents of shape \(brief(shape: shape)) cannot be repeated \(copies) times"
        case .nothingToConcatenate:
            "there are no latents to concatenate"
        }
    }

    public var errorDescription: String? { description }
}

/// A shape from outside in a form that fits on one line.
func brief(shape: [Int]) -> String {
    let dimensions = shape.prefix(8).map { "\($0)" } + (shape.count > 8 ? ["…"] : [])
    return "[\(dimensions.joined(separator: ", "))]"
}
