import Kernels

/// A picture of 8-bit RGB.
public struct Image: Equatable, Sendable {
    /// In pixels.
    public let width: Int
    public let height: Int
    /// Rows from the top, three bytes a pixel: `height * width * 3`.
    public let pixels: [UInt8]

    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "pixels must be height·width·3")
        (self.width, self.height, self.pixels) = (width, height, pixels)
    }

    /// From what the autoencoder decodes, as diffusers rounds it (image_processor.py, `denormalize` and
    /// `numpy_to_pil`): halves go to the even neighbour. A NaN becomes black.
    /// - Parameter decoded: `[1, height, width, 3]`, nominally -1…1
    public init(_ decoded: Tensor) {
        precondition(decoded.shape.count == 4 && decoded.shape[0] == 1 && decoded.shape[3] == 3, "one RGB picture")
        let pixels = decoded.values.map { value in
            guard !value.isNaN else { return UInt8(0) }
            let unit = max(0, min(1, value * 0.5 + 0.5))
            return UInt8((unit * 255).rounded(.toNearestOrEven))
        }
        self.init(width: decoded.shape[2], height: decoded.shape[1], pixels: pixels)
    }

    /// All pictures on one contact sheet, row by row, black where none is left.
    /// - Parameters:
    ///   - images: at least one; all of one size
    ///   - columns: by default, as many as give A1111's number of rows, the rounded square root of the pictures' number
    public static func grid(_ images: [Image], columns: Int? = nil) -> Image {
        precondition(!images.isEmpty, "a grid needs pictures")
        let (width, height) = (images[0].width, images[0].height)
        precondition(images.allSatisfy { $0.width == width && $0.height == height }, "pictures of one size")
        let columns = columns ?? defaultColumns(images.count)
        let rows = (images.count + columns - 1) / columns
        var pixels = [UInt8](repeating: 0, count: columns * width * rows * height * 3)
        for (i, image) in images.enumerated() {
            let corner = (i / columns * height * columns + i % columns) * width * 3
            for y in 0..<height {
                let start = corner + y * columns * width * 3
                let row = image.pixels[y * width * 3..<(y + 1) * width * 3]
                pixels.replaceSubrange(start..<start + width * 3, with: row)
            }
        }
        return Image(width: columns * width, height: rows * height, pixels: pixels)
    }

    /// modules/images.py, `get_grid_size`: rows = round(√n), and columns enough for all.
    private static func defaultColumns(_ count: Int) -> Int {
        let rows = Int(Double(count).squareRoot().rounded(.toNearestOrEven))
        return (count + rows - 1) / rows
    }
}
