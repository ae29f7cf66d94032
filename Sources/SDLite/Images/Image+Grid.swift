extension Image {
    /// All pictures on one contact sheet, row by row, black where none is left.
    /// - Parameters:
    ///   - images: at least one; all of one size
    ///   - columns: 1 to `images.count`; by default, as many as give A1111's number of rows, the rounded square root of
    ///     the pictures' number
    /// - Throws: `ImageError.emptyGrid`, `.unequalSizes`, `.badColumns`
    public static func grid(_ images: [Image], columns: Int? = nil) throws(ImageError) -> Image {
        guard let first = images.first else { throw .emptyGrid }
        let (width, height) = (first.width, first.height)
        if let other = images.first(where: { $0.width != width || $0.height != height }) {
            throw .unequalSizes(first: first.size, other: other.size)
        }
        let columns = columns ?? defaultColumns(images.count)
        guard 1...images.count ~= columns else { throw .badColumns(columns, pictures: images.count) }
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
        return Image(width: columns * width, pixels: pixels)
    }

    /// modules/images.py, `get_grid_size`: rows = round(√n), and columns enough for all.
    private static func defaultColumns(_ count: Int) -> Int {
        let rows = Int(Double(count).squareRoot().rounded(.toNearestOrEven))
        return (count + rows - 1) / rows
    }
}
