/// The geometry of a square convolution over `[batch, height, width, channels]`.
package struct ConvolutionShape: Sendable, Equatable {
    package var kernel: Int
    package var stride: Int
    /// Zero rows and columns before the first and after the last (the VAE encoder pads on one side only).
    package var paddingBefore: Int
    package var paddingAfter: Int

    package init(kernel: Int, stride: Int = 1, paddingBefore: Int, paddingAfter: Int) {
        self.kernel = kernel
        self.stride = stride
        self.paddingBefore = paddingBefore
        self.paddingAfter = paddingAfter
    }

    package static let pointwise = ConvolutionShape(kernel: 1, paddingBefore: 0, paddingAfter: 0)
    package static let same3x3 = ConvolutionShape(kernel: 3, paddingBefore: 1, paddingAfter: 1)
    package static let halving3x3 = ConvolutionShape(kernel: 3, stride: 2, paddingBefore: 1, paddingAfter: 1)
    package static let oneSidedHalving3x3 = ConvolutionShape(kernel: 3, stride: 2, paddingBefore: 0, paddingAfter: 1)

    func outputSize(_ size: Int) -> Int { (size + paddingBefore + paddingAfter - kernel) / stride + 1 }
}

/// A convolution of a map, whose rows are computed when they are read.
final class Convolution {
    let input: FeatureMap
    let weights: WeightMatrix
    /// `[outputs]`, or `[batch, outputs]` where images differ in it.
    let bias: Tensor?
    let geometry: ConvolutionShape
    /// Height and width of the input, enlarged by nearest neighbour if that was asked for.
    let enlarged: (height: Int, width: Int)
    /// `[batch, height, width, outputs]`
    let shape: [Int]

    init(
        _ input: FeatureMap, _ weights: WeightMatrix, bias: Tensor?, _ geometry: ConvolutionShape,
        enlargedTo size: (height: Int, width: Int)?
    ) {
        precondition(input.channels == weights.inputs, "\(input.shape) × \(weights.inputs) inputs")
        precondition(weights.taps == geometry.kernel * geometry.kernel)
        precondition([nil, weights.outputs, input.batch * weights.outputs].contains(bias?.count))
        self.input = input
        self.weights = weights
        self.bias = bias
        self.geometry = geometry
        enlarged = size ?? (input.height, input.width)
        shape = [
            input.batch, geometry.outputSize(enlarged.height), geometry.outputSize(enlarged.width), weights.outputs,
        ]
    }

    /// The rows of the input, before it is enlarged, that the output's `rows` need.
    func inputRows(for rows: Range<Int>) -> Range<Int> {
        let first = max(0, rows.lowerBound * geometry.stride - geometry.paddingBefore)
        let last = min(
            enlarged.height, (rows.upperBound - 1) * geometry.stride - geometry.paddingBefore + geometry.kernel)
        return first * input.height / enlarged.height..<(last - 1) * input.height / enlarged.height + 1
    }
}

extension Compute {
    /// `[batch, h, w, inputs]` → `[batch, h', w', outputs]`, computed when its rows are read.
    /// - Parameters:
    ///   - bias: `[outputs]`, or `[batch, outputs]`
    ///   - size: convolves the input as if it had first been enlarged to this height and width by nearest
    ///   neighbour (`torch.nn.functional.interpolate`), without making the enlarged map
    package func convolution(
        _ x: FeatureMap, _ weights: WeightMatrix, bias: Tensor? = nil, _ geometry: ConvolutionShape,
        upsampledTo size: (height: Int, width: Int)? = nil
    ) -> FeatureMap {
        FeatureMap(Convolution(x, weights, bias: bias, geometry, enlargedTo: size))
    }
}

extension Convolution {
    /// A convolution at work, from the top of the map to the bottom: its place in the input, and its scratch memory.
    final class Pass {
        /// The most image rows that are computed at a time.
        let mostRows: Int
        private let convolution: Convolution
        private let compute: Compute
        private let algorithm: Algorithm
        private let band: Band
        private let zeros: Tensor
        private let lowRanks: [LowRankProduct]
        /// Of the products, where Winograd's algorithm has memory of its own.
        private let scratch: Scratch

        private enum Algorithm {
            case winograd(Winograd)
            case integer(block: Int)
            case float

            var name: String {
                switch self {
                case .winograd: "Winograd"
                case .integer: "integer"
                case .float: "float"
                }
            }
        }

        /// - Parameter mostRows: the most rows that are wanted at a time
        init(_ convolution: Convolution, mostRows wanted: Int = .max, compute: Compute) throws(MachineError) {
            self.convolution = convolution
            self.compute = compute
            let (weights, input, shape) = (convolution.weights, convolution.input, convolution.shape)
            let block = compute.arithmetic == .mixed ? weights.integerBlock : nil
            let isWinograd = block != nil && convolution.geometry == .same3x3
            let fitting =
                isWinograd
                ? compute.winogradTiles(inputs: weights.inputs) / Winograd.tiles(across: shape[2]) * Stripe.unit
                : Run.current.workingSet.stripePixels / shape[2] / Stripe.unit * Stripe.unit
            let mostRows = max(
                Stripe.unit, min(fitting, Stripe.wholeUnits(min(wanted, shape[0] * Stripe.wholeUnits(shape[1])))))
            self.mostRows = mostRows
            band = try Band(input, mostRows: convolution.mostInputRows(for: mostRows), compute: compute)
            lowRanks = try compute.lowRankProducts(weights, rows: mostRows * shape[2])
            let productBytes: Int
            switch block {
            case let block? where isWinograd:
                let winograd = try Winograd(
                    weights, block: block, mostRows: mostRows, width: shape[2], compute: compute)
                (algorithm, productBytes) = (.winograd(winograd), 0)
            case let block?:
                (algorithm, productBytes) = (.integer(block: block), compute.integerScratchBytes(weights, block: block))
            case nil: (algorithm, productBytes) = (.float, compute.matrixScratchBytes(weights))
            }
            scratch = try compute.scratch(max(productBytes, compute.scratchBytes(lowRanks)))
            zeros = try compute.zeros(input.channels)
        }

        /// Computes rows, which follow those of the last call or begin an image, into `out` `[pixels, outputs]`.
        func rows(_ wanted: Stripe, into out: Tensor) {
            var done = 0
            let parts = biasPerImage ? wanted.oneByOne : [wanted]
            for stripe in parts.flatMap({ $0.split(mostRows: mostRows) }) {
                band.advance(to: Stripe(images: stripe.images, rows: convolution.inputRows(for: stripe.rows)))
                let pixels = stripe.imageRows * convolution.shape[2]
                multiply(stripe, into: out.rows(done..<done + pixels))
                done += pixels
            }
        }

        private func multiply(_ stripe: Stripe, into out: Tensor) {
            let (weights, geometry) = (convolution.weights, convolution.geometry)
            let bias = biasPerImage ? convolution.bias?.rows(stripe.images) : convolution.bias
            weights.residence?.begin()
            defer { weights.residence?.end() }
            let source = PixelSource(band, enlargedTo: convolution.enlarged, zeroRow: UnsafePointer(zeros.pointer))
            let width = convolution.shape[2]
            let positions = stripe.rows.count * width
            func inputRow(_ row: Int, _ tap: Int) -> UnsafePointer<Float> {
                let (image, position) = row.quotientAndRemainder(dividingBy: positions)
                let y = stripe.rows.lowerBound + position / width
                return source.pixel(
                    image: stripe.images.lowerBound + image,
                    y: y * geometry.stride + tap / geometry.kernel - geometry.paddingBefore,
                    x: position % width * geometry.stride + tap % geometry.kernel - geometry.paddingBefore)
            }
            compute.begin(lowRanks, rows: out.rows, scratch: scratch, inputRow: inputRow)
            switch algorithm {
            case .winograd(let winograd):
                winograd.convolve(source, stripe, bias: bias, into: out)
                compute.add(lowRanks, to: out, scratch: scratch)
            case .integer(let block):
                compute.integerProduct(
                    weights, block: block, bias: bias, into: out, accumulate: false, adding: lowRanks,
                    scratch: scratch, inputRow: inputRow)
            case .float:
                compute.matrixProduct(
                    weights, bias: bias, into: out, accumulate: false, adding: lowRanks, scratch: scratch,
                    inputRow: inputRow)
            }
            compute.note(out, of: weights.name)
        }

        private var biasPerImage: Bool { convolution.bias?.count ?? 0 > convolution.weights.outputs }

        var productsPerRow: Int {
            let weights = convolution.weights
            return convolution.shape[2] * weights.inputs * weights.taps * weights.outputs
        }

        var name: String {
            let (kernel, shape) = (convolution.geometry.kernel, convolution.shape)
            return "convolution \(kernel)×\(kernel), \(shape[1])×\(shape[2]), \(algorithm.name)"
        }
    }

    /// The most rows of the input, over all its images, that `rows` rows of the output can need.
    private func mostInputRows(for rows: Int) -> Int {
        let wholeImages = rows / Stripe.wholeUnits(shape[1])
        if wholeImages > 0 { return min(wholeImages, shape[0]) * input.height }
        return stride(from: 0, to: shape[1], by: Stripe.unit)
            .map { inputRows(for: $0..<min(shape[1], $0 + rows)).count }.max() ?? 0
    }
}

/// Finds the pixels that a convolution reads: beyond the edges zeros, and enlarged by nearest neighbour if asked.
struct PixelSource {
    private let channels: Int
    private let zeroRow: UnsafePointer<Float>
    private let held: Band.Held
    private let inputHeight, inputWidth, height, width: Int
    private let isEnlarged: Bool

    /// The rows that `band` holds now.
    init(_ band: Band, enlargedTo size: (height: Int, width: Int), zeroRow: UnsafePointer<Float>) {
        held = band.held
        self.zeroRow = zeroRow
        channels = band.map.channels
        (inputHeight, inputWidth, height, width) = (band.map.height, band.map.width, size.height, size.width)
        isEnlarged = (inputHeight, inputWidth) != (height, width)
    }

    func pixel(image: Int, y: Int, x: Int) -> UnsafePointer<Float> {
        guard y >= 0, y < height, x >= 0, x < width else { return zeroRow }
        let (y, x) = isEnlarged ? (y * inputHeight / height, x * inputWidth / width) : (y, x)
        return UnsafePointer(held.row(image: image, y: y)) + x * channels
    }
}
