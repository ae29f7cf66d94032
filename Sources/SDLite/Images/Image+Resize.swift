extension Image {
    /// The picture in another size, antialiased, with the bits of Pillow 13's `Image.resize` (libImaging/Resample.c).
    /// - Throws: `ImageError.badSize` unless both sides are positive and `width` times the larger of both heights is at
    ///   most `Image.mostPixels`
    public func resized(width: Int, height: Int, filter: ResizeFilter) throws(ImageError) -> Image {
        guard width > 0, height > 0, max(height, self.height) <= Self.mostPixels / width else {
            throw .badSize(width: width, height: height, limit: Self.mostPixels)
        }
        // Between the two passes pixels are rounded, so their order shows. Before version 13 columns came always first.
        let isMostlyShorter = height < self.height && self.height - height > 2 * (self.width - width)
        return isMostlyShorter
            ? resized(height: height, filter).resized(width: width, filter)
            : resized(width: width, filter).resized(height: height, filter)
    }

    private func resized(width newWidth: Int, _ filter: ResizeFilter) -> Image {
        guard newWidth != width else { return self }
        let columns = ResizeTaps.line(from: width, to: newWidth, filter)
        var result: [UInt8] = []
        result.reserveCapacity(newWidth * height * 3)
        for row in stride(from: 0, to: pixels.count, by: 3 * width) {
            for column in columns {
                var (red, green, blue) = (ResizeTaps.half, ResizeTaps.half, ResizeTaps.half)
                var place = row + 3 * column.first
                for weight in column.weights {
                    red += weight * Int(pixels[place])
                    green += weight * Int(pixels[place + 1])
                    blue += weight * Int(pixels[place + 2])
                    place += 3
                }
                result.append(ResizeTaps.pixel(red))
                result.append(ResizeTaps.pixel(green))
                result.append(ResizeTaps.pixel(blue))
            }
        }
        return Image(width: newWidth, pixels: result)
    }

    private func resized(height newHeight: Int, _ filter: ResizeFilter) -> Image {
        guard newHeight != height else { return self }
        let rows = ResizeTaps.line(from: height, to: newHeight, filter)
        let rowSize = 3 * width
        var result: [UInt8] = []
        result.reserveCapacity(newHeight * rowSize)
        var sums = [Int](repeating: 0, count: rowSize)
        for row in rows {
            for i in 0..<rowSize { sums[i] = ResizeTaps.half }
            for (y, weight) in zip(row.first..., row.weights) {
                let start = y * rowSize
                for i in 0..<rowSize { sums[i] += weight * Int(pixels[start + i]) }
            }
            for sum in sums { result.append(ResizeTaps.pixel(sum)) }
        }
        return Image(width: width, pixels: result)
    }
}

/// The old pixels of a line that make a new one, and their weights in units of 2⁻²².
private struct ResizeTaps {
    let first: Int
    let weights: [Int]

    /// Pillow's: what 32 bits leave besides 8 of a pixel and 2 for sums beyond its range.
    private static let precision = 22

    /// What a sum begins with, so that it is rounded.
    static let half = 1 << (precision - 1)

    static func pixel(_ sum: Int) -> UInt8 { UInt8(clamping: sum >> precision) }

    /// For every new pixel of a line. When it shrinks, the filter is widened by as much.
    static func line(from oldCount: Int, to newCount: Int, _ filter: ResizeFilter) -> [ResizeTaps] {
        let scale = Double(oldCount) / Double(newCount)
        let stretch = max(1, scale)
        let support = filter.support * stretch
        return (0..<newCount).map { i in
            let centre = (Double(i) + 0.5) * scale
            let first = max(0, Int(centre - support + 0.5))
            let end = min(oldCount, Int(centre + support + 0.5))
            let weights = (first..<end).map { filter.weight((Double($0) - centre + 0.5) * (1 / stretch)) }
            let sum = weights.reduce(0, +)
            return ResizeTaps(
                first: first,
                weights: weights.map { Int(($0 / sum * Double(1 << precision)).rounded(.toNearestOrAwayFromZero)) })
        }
    }
}
