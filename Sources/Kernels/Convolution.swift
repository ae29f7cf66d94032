/// The geometry of a square convolution over `[batch, height, width, channels]`.
public struct ConvolutionShape: Sendable, Equatable {
    public var kernel: Int
    public var stride: Int
    /// Zero rows and columns before the first and after the last (the VAE encoder pads on one side only).
    public var paddingBefore: Int
    public var paddingAfter: Int

    public init(kernel: Int, stride: Int = 1, paddingBefore: Int, paddingAfter: Int) {
        self.kernel = kernel
        self.stride = stride
        self.paddingBefore = paddingBefore
        self.paddingAfter = paddingAfter
    }

    public static let pointwise = ConvolutionShape(kernel: 1, paddingBefore: 0, paddingAfter: 0)
    public static let same3x3 = ConvolutionShape(kernel: 3, paddingBefore: 1, paddingAfter: 1)
    public static let halving3x3 = ConvolutionShape(kernel: 3, stride: 2, paddingBefore: 1, paddingAfter: 1)

    func outputSize(_ size: Int) -> Int { (size + paddingBefore + paddingAfter - kernel) / stride + 1 }
}

extension Compute {
    /// `[batch, h, w, inputs]` → `[batch, h', w', outputs]`.
    /// - Parameter upsampledTo: convolves the input as if it had first been enlarged to this height and width by
    ///   nearest neighbour (`torch.nn.functional.interpolate`), without making the enlarged map.
    public func convolution(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor? = nil, _ shape: ConvolutionShape,
        upsampledTo size: (height: Int, width: Int)? = nil
    ) throws(CancellationError) -> Tensor {
        let height = size?.height ?? x.shape[1]
        let width = size?.width ?? x.shape[2]
        let out = tensor([x.shape[0], shape.outputSize(height), shape.outputSize(width), weights.outputs])
        try convolution(x, weights, bias: bias, shape, height: height, width: width, into: out, accumulate: false)
        return out
    }

    /// `residual += convolution(x)`, in place.
    public func convolution(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor? = nil, _ shape: ConvolutionShape, addingTo residual: Tensor
    ) throws(CancellationError) {
        try convolution(
            x, weights, bias: bias, shape, height: x.shape[1], width: x.shape[2], into: residual, accumulate: true)
    }

    private func convolution(
        _ x: Tensor, _ weights: WeightMatrix, bias: Tensor?, _ shape: ConvolutionShape, height: Int, width: Int,
        into out: Tensor, accumulate: Bool
    ) throws(CancellationError) {
        try checkCancellation()
        precondition(x.shape.count == 4 && x.channels == weights.inputs, "\(x.shape) × \(weights.inputs) inputs")
        precondition(weights.taps == shape.kernel * shape.kernel && out.channels == weights.outputs)
        let zeros = tensor([x.channels])
        let source = PixelSource(x, enlargedTo: (height, width), zeroRow: UnsafePointer(zeros.pointer))
        let products = out.rows * x.channels * weights.taps * weights.outputs
        let block = arithmetic == .mixed && shape == .same3x3 ? weights.integerBlock : nil
        let size = "\(shape.kernel)×\(shape.kernel), \(out.shape[1])×\(out.shape[2])"
        perform("convolution \(size), \(block == nil ? "float" : "Winograd")", products: products) {
            zeros.pointer.update(repeating: 0, count: zeros.count)
            if let block {
                winogradConvolution(source, weights, block: block, bias: bias, into: out, accumulate: accumulate)
            } else {
                let (outHeight, outWidth) = (out.shape[1], out.shape[2])
                matrixProduct(weights, bias: bias, into: out, accumulate: accumulate) { row, tap in
                    let (image, position) = row.quotientAndRemainder(dividingBy: outHeight * outWidth)
                    return source.pixel(
                        image: image, y: position / outWidth * shape.stride + tap / shape.kernel - shape.paddingBefore,
                        x: position % outWidth * shape.stride + tap % shape.kernel - shape.paddingBefore)
                }
            }
        }
        withExtendedLifetime(zeros) {}
    }
}

/// Finds the pixels that a convolution reads: beyond the edges zeros, and enlarged by nearest neighbour if asked.
struct PixelSource {
    let channels: Int
    private let pixels: UnsafePointer<Float>
    private let zeroRow: UnsafePointer<Float>
    private let inputHeight, inputWidth, height, width: Int

    init(_ x: Tensor, enlargedTo size: (height: Int, width: Int), zeroRow: UnsafePointer<Float>) {
        channels = x.channels
        pixels = UnsafePointer(x.pointer)
        self.zeroRow = zeroRow
        (inputHeight, inputWidth, height, width) = (x.shape[1], x.shape[2], size.height, size.width)
    }

    func pixel(image: Int, y: Int, x: Int) -> UnsafePointer<Float> {
        guard y >= 0, y < height, x >= 0, x < width else { return zeroRow }
        let row = (image * inputHeight + y * inputHeight / height) * inputWidth + x * inputWidth / width
        return pixels + row * channels
    }
}
