/// A picture of 8-bit RGB.
public struct Image: Equatable, Sendable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// Rows from the top, three bytes a pixel: `height * width * 3`.
    public let pixels: [UInt8]

    /// What one picture may have unless a caller says otherwise: 4096×4096, 48 MiB of pixels.
    public static let mostPixels = 4096 * 4096

    /// - Throws: `ImageError.wrongPixelCount` unless both sides are positive and `pixels` has three bytes for each pixel.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(ImageError) {
        let (rowSize, tooWide) = width.multipliedReportingOverflow(by: 3)
        let (byteCount, tooHigh) = rowSize.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !tooWide, !tooHigh, pixels.count == byteCount else {
            throw .wrongPixelCount(width: width, height: height, byteCount: pixels.count)
        }
        self.init(width: width, pixels: pixels)
    }

    /// From whole rows, which the caller has made.
    init(width: Int, pixels: [UInt8]) {
        assert(width > 0 && !pixels.isEmpty && pixels.count.isMultiple(of: 3 * width))
        (self.width, self.height, self.pixels) = (width, pixels.count / (3 * width), pixels)
    }

    /// The pixel in column `x` of row `y`, both from 0 at the top left; nil outside the picture.
    public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8)? {
        guard 0..<width ~= x, 0..<height ~= y else { return nil }
        let start = (y * width + x) * 3
        return (pixels[start], pixels[start + 1], pixels[start + 2])
    }
}

extension Image: CustomStringConvertible {
    public var description: String { "RGB picture of \(size)" }

    /// Such as `512×768`.
    var size: String { "\(width)×\(height)" }
}
