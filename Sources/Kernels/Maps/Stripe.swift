/// Rows of a map: some rows of one image, or all rows of several.
struct Stripe {
    let images: Range<Int>
    let rows: Range<Int>
    var imageRows: Int { images.count * rows.count }

    /// Stripes begin at multiples of this many rows: the height of Winograd's tiles.
    static let unit = 4

    static func wholeUnits(_ rows: Int) -> Int { (rows + unit - 1) / unit * unit }

    /// This stripe in parts, as even as can be, of at most `mostRows` (a multiple of the unit) rows in all.
    func split(mostRows: Int) -> [Stripe] {
        let perImage = Self.wholeUnits(rows.count)
        if images.count == 1 || mostRows < perImage {
            let units = perImage / Self.unit
            let parts = (perImage + mostRows - 1) / mostRows
            return images.flatMap { image in
                (0..<parts).map { part in
                    let first = rows.lowerBound + part * units / parts * Self.unit
                    let last = rows.lowerBound + (part + 1) * units / parts * Self.unit
                    return Stripe(images: image..<image + 1, rows: first..<min(rows.upperBound, last))
                }
            }
        }
        return stride(from: images.lowerBound, to: images.upperBound, by: mostRows / perImage).map {
            Stripe(images: $0..<min(images.upperBound, $0 + mostRows / perImage), rows: rows)
        }
    }

    /// Every image's part of this stripe by itself.
    var oneByOne: [Stripe] { images.map { Stripe(images: $0..<$0 + 1, rows: rows) } }

    static func all(of map: FeatureMap, mostRows: Int) -> [Stripe] {
        Stripe(images: 0..<map.batch, rows: 0..<map.height).split(mostRows: mostRows)
    }
}
