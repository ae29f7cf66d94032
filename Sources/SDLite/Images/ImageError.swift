import FoundationEssentials
import Quant

/// What can be wrong with a picture or its file. Every description is one sentence; those about a file begin with its
/// name.
public enum ImageError: Error, Equatable, Sendable {
    // Pictures in memory
    case wrongPixelCount(width: Int, height: Int, byteCount: Int)
    case wrongShape([Int])
    case emptyGrid
    case unequalSizes(first: String, other: String)
    case badColumns(Int, pictures: Int)
    case badSize(width: Int, height: Int, limit: Int)

    // Files
    case cannotRead(file: String, reason: String)
    case cannotWrite(file: String, reason: String)
    case unknownFormat(file: String)
    case tooManyPixels(file: String, width: Int, height: Int, limit: Int)
    case unsupported(file: String, reason: String)
    case damaged(file: String, reason: String)
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
