/// A map `[batch, height, width, channels]` as the next operation reads it: stored, or stored in two tensors whose
/// channels follow each other, or a convolution that computes its rows when they are asked for; and normalised on the
/// way, if it is the result of a norm. What is only read row by row need not exist as a whole.
public struct FeatureMap {
    public let shape: [Int]
    let source: Source
    /// What numbers are rounded to before the norm: a map that is computed anew whenever it is read must have the same
    /// values as if it were stored.
    let rounding: Tensor.Element
    let norm: Norm?

    enum Source {
        /// Joined along the channels. A tensor of one image stands for every image of the batch.
        case stored([Tensor])
        case computed(Convolution)
    }

    /// x ← x · factors + offsets, then SiLU if asked; both are `[batch, channels]`.
    struct Norm {
        let factors: Tensor
        let offsets: Tensor
        let silu: Bool
    }

    public init(_ tensor: Tensor) { self.init(joining: [tensor]) }

    /// `tensors`, of the same height and width, one after the other in the channels; an image that one of them has for
    /// all is not repeated in memory.
    public init(joining tensors: [Tensor]) {
        let first = tensors[0]
        precondition(tensors.allSatisfy { $0.shape.count == 4 && $0.shape[1...2] == first.shape[1...2] })
        let batch = tensors.reduce(1) { max($0, $1.shape[0]) }
        precondition(tensors.allSatisfy { [1, batch].contains($0.shape[0]) })
        let shape = [batch, first.shape[1], first.shape[2], tensors.reduce(0) { $0 + $1.channels }]
        self.init(shape, .stored(tensors), .float32, nil)
    }

    init(_ convolution: Convolution) { self.init(convolution.shape, .computed(convolution), .float32, nil) }

    private init(_ shape: [Int], _ source: Source, _ rounding: Tensor.Element, _ norm: Norm?) {
        self.shape = shape
        self.source = source
        self.rounding = rounding
        self.norm = norm
    }

    func normalized(_ norm: Norm) -> FeatureMap {
        precondition(self.norm == nil)
        return FeatureMap(shape, source, rounding, norm)
    }

    /// The same, each number rounded when it is read, as if it had been stored so.
    func rounded(to element: Tensor.Element) -> FeatureMap { FeatureMap(shape, source, element, norm) }

    public var batch: Int { shape[0] }
    public var height: Int { shape[1] }
    public var width: Int { shape[2] }
    public var channels: Int { shape[3] }
    public var count: Int { shape.reduce(1, *) }

    /// The tensor that this map is, if it is just one.
    public var tensor: Tensor? {
        guard norm == nil, case .stored(let tensors) = source, tensors.count == 1 else { return nil }
        return tensors[0]
    }
}

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

    static func all(of map: FeatureMap, mostRows: Int) -> [Stripe] {
        Stripe(images: 0..<map.batch, rows: 0..<map.height).split(mostRows: mostRows)
    }
}
