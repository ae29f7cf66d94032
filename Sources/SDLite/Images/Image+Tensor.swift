import Kernels

extension Image {
    /// From what the autoencoder decodes, as diffusers rounds it (image_processor.py, `denormalize` and
    /// `numpy_to_pil`): halves go to the even neighbour. A NaN becomes black.
    /// - Parameter decoded: `[1, height, width, 3]`, nominally -1…1
    /// - Throws: `ImageError.wrongShape` for any other shape
    public init(_ decoded: Tensor) throws(ImageError) {
        let shape = decoded.shape
        guard shape.count == 4, shape[0] == 1, shape[1] > 0, shape[2] > 0, shape[3] == 3 else {
            throw .wrongShape(shape)
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(decoded.count)
        // Row by row: floats of all would take four times the memory of the picture.
        for y in 0..<shape[1] { pixels += decoded.rows(y * shape[2]..<(y + 1) * shape[2]).values.map(Self.byte) }
        self.init(width: shape[2], pixels: pixels)
    }

    private static func byte(_ value: Float) -> UInt8 {
        guard !value.isNaN else { return 0 }
        let unit = max(0, min(1, value * 0.5 + 0.5))
        return UInt8((unit * 255).rounded(.toNearestOrEven))
    }

    /// What the autoencoder's encoder takes: `[1, height, width, 3]`, 0…255 as -1…1, with the bits of diffusers'
    /// `VaeImageProcessor.preprocess` (but for the order of the dimensions).
    public func normalized() -> Tensor {
        Tensor([1, height, width, 3], values: pixels.map { 2 * (Float($0) / 255) - 1 })
    }
}
