import FoundationEssentials
import Quant

/// What can be wrong with a picture or its file. Every description is one sentence; those about a file begin with its
/// name.
public enum ImageError: Error, Equatable, Sendable {
    // Pictures in memory
    /// A width and a height in pixels, and a number of bytes that is not three for each pixel.
    case wrongPixelCount(width: Int, height: Int, byteCount: Int)
    /// A tensor that is not `[1, height, width, 3]`.
    case wrongShape([Int])
    /// A contact sheet of no pictures.
    case emptyGrid
    /// Pictures of two sizes on one contact sheet, such as `512×512` and `512×768`.
    case unequalSizes(first: String, other: String)
    /// Fewer columns than one, or more than pictures.
    case badColumns(Int, pictures: Int)
    /// A side that is not positive, or more than `limit` pixels.
    case badSize(width: Int, height: Int, limit: Int)

    // Files
    /// No file that the system lets this process read, or one larger than a picture may be.
    case cannotRead(file: String, reason: String)
    /// The system refuses; nothing half-written is left under this name.
    case cannotWrite(file: String, reason: String)
    /// Neither a PNG nor a JPEG.
    case unknownFormat(file: String)
    /// A picture that claims more than `limit` pixels; it was not decoded.
    case tooManyPixels(file: String, width: Int, height: Int, limit: Int)
    /// A picture that is sound and of a kind that is not read.
    case unsupported(file: String, reason: String)
    /// What the format does not permit, or a file that ends too early.
    case damaged(file: String, reason: String)
    /// A picture or text larger than PNG can hold.
    case cannotEncode(reason: String)
}

extension ImageError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .wrongPixelCount(let width, let height, let byteCount):
            "\(byteCount) bytes of pixels do not make a picture of \(width)×\(height) with three bytes a pixel"
        case .wrongShape(let shape):
            "a tensor \(shape.count > 8 ? "of rank \(shape.count)" : "of shape \(shape)") is no picture: "
                + "[1, height, width, 3] is needed"
        case .emptyGrid: "a contact sheet needs at least one picture"
        case .unequalSizes(let first, let other):
            "a contact sheet needs pictures of one size, not \(first) and \(other)"
        case .badColumns(let columns, let pictures):
            "a contact sheet of \(pictures) pictures has 1 to \(pictures) columns, not \(columns)"
        case .badSize(let width, let height, let limit):
            "a picture cannot be resized to \(width)×\(height): both must be positive, and at most "
                + "\(limit) pixels are permitted"
        case .cannotRead(let file, let reason): "\(file): cannot be read: \(reason)"
        case .cannotWrite(let file, let reason): "\(file): cannot be written: \(reason)"
        case .unknownFormat(let file): "\(file): neither a PNG nor a JPEG file"
        case .tooManyPixels(let file, let width, let height, let limit):
            "\(file): the picture has \(width)×\(height) pixels; more than \(limit) are refused"
        case .unsupported(let file, let reason): "\(file): \(reason)"
        case .damaged(let file, let reason): "\(file): the file is damaged: \(reason)"
        case .cannotEncode(let reason): "the picture cannot be encoded as PNG: \(reason)"
        }
    }

    public var errorDescription: String? { description }
}

extension FormatError {
    /// Why a file could not be opened, read or written, without its name.
    var reason: String {
        switch self {
        case .cannotOpen(_, let reason), .cannotRead(_, let reason), .cannotWrite(_, let reason): reason
        case .notARegularFile: "it is not a regular file"
        default: description
        }
    }
}
