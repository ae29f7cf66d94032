/// A map `[batch, height, width, channels]` as the next operation reads it: stored, or stored in two tensors whose
/// channels follow each other, or a convolution that computes its rows when they are asked for; and normalised or
/// rectified on the way, if it is the result of that. What is only read row by row need not exist as a whole.
package struct FeatureMap {
    package let shape: [Int]
    let source: Source
    /// What numbers are rounded to before the norm: a map that is computed anew whenever it is read must have the same
    /// values as if it were stored.
    let rounding: Tensor.Element
    let norm: Norm?
    /// Whether negative numbers become 0, after the norm.
    let isRectified: Bool

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

    package init(_ tensor: Tensor) { self.init(joining: [tensor]) }

    /// `tensors`, of the same height and width, one after the other in the channels; an image that one of them has for
    /// all is not repeated in memory.
    package init(joining tensors: [Tensor]) {
        let first = tensors[0]
        precondition(tensors.allSatisfy { $0.shape.count == 4 && $0.shape[1...2] == first.shape[1...2] })
        let batch = tensors.reduce(1) { max($0, $1.shape[0]) }
        precondition(tensors.allSatisfy { [1, batch].contains($0.shape[0]) })
        let shape = [batch, first.shape[1], first.shape[2], tensors.reduce(0) { $0 + $1.channels }]
        self.init(shape, .stored(tensors), .float32, nil, isRectified: false)
    }

    init(_ convolution: Convolution) {
        self.init(convolution.shape, .computed(convolution), .float32, nil, isRectified: false)
    }

    private init(_ shape: [Int], _ source: Source, _ rounding: Tensor.Element, _ norm: Norm?, isRectified: Bool) {
        self.shape = shape
        self.source = source
        self.rounding = rounding
        self.norm = norm
        self.isRectified = isRectified
    }

    func normalized(_ norm: Norm) -> FeatureMap {
        precondition(self.norm == nil && !isRectified)
        return FeatureMap(shape, source, rounding, norm, isRectified: false)
    }

    /// max(x, 0); as many channels as a multiple of 8.
    package func rectified() -> FeatureMap {
        precondition(channels % 8 == 0)
        return FeatureMap(shape, source, rounding, norm, isRectified: true)
    }

    /// The same, each number rounded when it is read, as if it had been stored so.
    func rounded(to element: Tensor.Element) -> FeatureMap {
        FeatureMap(shape, source, element, norm, isRectified: isRectified)
    }

    package var batch: Int { shape[0] }
    package var height: Int { shape[1] }
    package var width: Int { shape[2] }
    package var channels: Int { shape[3] }
    package var count: Int { shape.reduce(1, *) }

    /// The tensor that this map is, if it is just one.
    package var tensor: Tensor? {
        guard norm == nil, !isRectified, case .stored(let tensors) = source, tensors.count == 1 else { return nil }
        return tensors[0]
    }
}
