import FoundationEssentials

/// What can be wrong with an `.npy` file, or with what shall become one.
public enum NpyError: LocalizedError, Equatable, CustomStringConvertible {
    /// Not the signature that every `.npy` file begins with.
    case notNpy(file: String)
    /// The file ends within its header.
    case truncated(file: String)
    /// A version of the format other than 1 and 2.
    case version(file: String, major: Int)
    /// Not a dictionary with exactly `descr`, `fortran_order` and `shape`.
    case malformedHeader(file: String)
    /// Numbers that are not little-endian float32.
    case dtype(file: String, found: String)
    /// Columns before rows.
    case fortranOrder(file: String)
    /// More or fewer bytes of data than the shape asks for.
    case wrongSize(file: String, shape: [Int], byteCount: Int)
    /// A NaN or an infinity among the numbers.
    case notFinite(file: String)
    /// An array to be written has no such shape.
    case wrongCount(file: String, shape: [Int], values: Int)

    public var description: String {
        switch self {
        case .notNpy(let file): "\(file): not an .npy file"
        case .truncated(let file): "\(file): the file is truncated"
        case .version(let file, let major): "\(file): .npy version \(major); versions 1 and 2 can be read"
        case .malformedHeader(let file): "\(file): the .npy header is malformed"
        case .dtype(let file, let found):
            "\(file): dtype \(found.debugDescription); only '<f4' can be read: save array.astype('<f4')"
        case .fortranOrder(let file): "\(file): Fortran order; only C order can be read: save numpy.ascontiguousarray"
        case .wrongSize(let file, let shape, let byteCount):
            "\(file): \(byteCount) bytes of data do not fit the shape \(brief(shape: shape))"
        case .notFinite(let file): "\(file): holds a NaN or an infinity"
        case .wrongCount(let file, let shape, let values):
            "\(file): an array of shape \(brief(shape: shape)) cannot be made of \(values) numbers"
        }
    }

    public var errorDescription: String? { description }
}
