/// A 3×3 convolution with int8 weights by Winograd's F(4×4, 3×3), in int16 (micro-kernels: `Shared/Winograd.swift`).
///
/// Tiles of 4×4 outputs are transformed, rounded to int16 with a scale per tile and position, and multiplied position
/// by position with weights that are transformed from the file's int8 panel by panel as they are needed.
final class Winograd {
    private let weights: WeightMatrix
    private let block: Int
    private let compute: Compute
    private let kernels: KernelTable
    /// Tiles in one row of tiles.
    private let across: Int
    private let width: Int
    /// Transformed inputs as int16 `[position][tile][channel]`, and their scales `[position][tile]`.
    private let inputs: Tensor
    private let inputScales: Tensor
    private let inputStride: Int
    private let mostTiles: Int
    /// For every position, how many channels are summed in int32.
    private let depths: [Int]
    private let distinctDepths: [Int]
    private let scalesOfPosition: [Int]
    private let scratch: Scratch
    private let noBias: Tensor
    private let chunks: Int
    private let channelStep: Int

    static let positions = 36
    private static let tileSide = 4
    private static let panelsAtATime = 4
    private static let channelsAtATime = 320
    /// Positions are this many int16 or floats more than their size apart, lest they share cache sets.
    private static let padding = 32

    /// What scaling the rows of G to whole numbers took away, per side of the tile.
    private static let restoring: [Float] = [1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1]
    /// The sums of the magnitudes in the scaled rows of G: how much larger than int8 transformed weights can get.
    private static let growth: [Float] = [1, 3, 3, 7, 7, 1]

    static func tiles(across width: Int) -> Int { (width + tileSide - 1) / tileSide }

    /// - Parameters:
    ///   - block: of `weights.integerBlock`
    ///   - mostRows: the most image rows of one stripe, a multiple of the tile's height
    init(_ weights: WeightMatrix, block: Int, mostRows: Int, width: Int, compute: Compute) {
        self.weights = weights
        self.block = block
        self.compute = compute
        self.width = width
        kernels = compute.kernels
        across = Self.tiles(across: width)
        mostTiles = mostRows / Self.tileSide * across + Compute.tileRows  // the last register tile may read beyond
        inputStride = mostTiles * weights.inputs + Self.padding
        inputs = compute.tensor([Self.positions * inputStride / 2 + 1])
        inputScales = compute.tensor([Self.positions * mostTiles])
        let depths = (0..<Self.positions).map { Self.depth(position: $0, block: block) }
        let distinct = Set(depths).sorted()
        self.depths = depths
        distinctDepths = distinct
        scalesOfPosition = depths.map { depth in distinct.firstIndex(of: depth) ?? 0 }
        let groups = max(1, weights.panels / Self.panelsAtATime)
        chunks = min(weights.panels, (groups + compute.threads - 1) / compute.threads * compute.threads)
        channelStep = min(weights.inputs, max(1, Self.channelsAtATime / block) * block)
        noBias = compute.zeros(weights.outputs)
        let panels = (weights.panels + chunks - 1) / chunks
        scratch = compute.scratch(max(
            InputScratch.byteCount(channels: weights.inputs),
            ProductScratch.byteCount(
                tiles: mostTiles, panels: panels, channels: channelStep, depths: distinct, padding: Self.padding)))
    }

    /// - Parameter out: the stripe's pixels, `[pixels, outputs]`
    func convolve(_ source: PixelSource, _ stripe: Stripe, bias: Tensor?, into out: Tensor) {
        let tileRows = (stripe.rows.count + Self.tileSide - 1) / Self.tileSide
        let tiles = stripe.images.count * tileRows * across
        func place(_ tile: Int) -> (image: Int, y: Int, x: Int) {
            let (row, x) = tile.quotientAndRemainder(dividingBy: across)
            return (row / tileRows, row % tileRows * Self.tileSide, x * Self.tileSide)
        }
        compute.pool.forEach((tiles + 7) / 8) { chunk, worker in
            for tile in chunk * 8..<min(tiles, chunk * 8 + 8) {
                let (image, y, x) = place(tile)
                transformInput(
                    source, tile: tile, image: stripe.images.lowerBound + image, y: stripe.rows.lowerBound + y, x: x,
                    InputScratch(scratch[worker], channels: weights.inputs))
            }
        }
        compute.pool.forEach(chunks) { chunk, worker in
            let panels = chunk * weights.panels / chunks..<(chunk + 1) * weights.panels / chunks
            let products = ProductScratch(
                scratch[worker], tiles: mostTiles, panels: panels.count, channels: channelStep, depths: distinctDepths,
                padding: Self.padding)
            multiply(tiles: tiles, panels: panels, products)
            for tile in 0..<tiles {
                let (image, y, x) = place(tile)
                writeOutput(
                    products, tile: tile, pixel: (image * stripe.rows.count + y) * width + x,
                    rows: min(Self.tileSide, stripe.rows.count - y), columns: min(Self.tileSide, width - x),
                    panels: panels, bias: bias ?? noBias, into: out)
            }
        }
    }

    private func values(position: Int, tile: Int) -> UnsafeMutablePointer<Int16> {
        UnsafeMutableRawPointer(inputs.pointer).assumingMemoryBound(to: Int16.self)
            + position * inputStride + tile * weights.inputs
    }

    private func scales(position: Int) -> UnsafeMutablePointer<Float> { inputScales.pointer + position * mostTiles }

    private func transformInput(
        _ source: PixelSource, tile: Int, image: Int, y: Int, x: Int, _ scratch: InputScratch
    ) {
        let channels = weights.inputs
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: Self.positions) { pixels in
            for i in 0..<Self.positions { pixels[i] = source.pixel(image: image, y: y + i / 6 - 1, x: x + i % 6 - 1) }
            kernels.winogradInput(pixels.baseAddress!, channels, scratch.columns, scratch.rows, scratch.stride)
        }
        for position in 0..<Self.positions {
            let row = scratch.rows + position * scratch.stride
            let largest = max(kernels.largestMagnitude(row, channels), .leastNormalMagnitude)
            let limit = Self.largestInput(position: position, depth: depths[position])
            kernels.quantize(row, channels, limit / largest, values(position: position, tile: tile))
            scales(position: position)[tile] =
                largest / limit * Self.restoring[position / 6] * Self.restoring[position % 6]
        }
    }

    /// The magnitude to which inputs may be scaled so that no sum over `depth` channels can leave int32, whatever the
    /// weights.
    private static func largestInput(position: Int, depth: Int) -> Float {
        let weight = 128 * growth[position / 6] * growth[position % 6]
        return min(Compute.largestInt16, (Float(Int32.max) / (Float(depth) * weight)).rounded(.down) - 1)
    }

    /// Channels whose products are summed in int32 at a position: a block, or a part of it where weights grow so large
    /// that inputs would keep fewer than 14 bits.
    private static func depth(position: Int, block: Int) -> Int {
        var depth = block
        while depth % 8 == 0 && largestInput(position: position, depth: depth) < 16_384 { depth /= 2 }
        return depth
    }

    private func multiply(tiles: Int, panels: Range<Int>, _ products: ProductScratch) {
        let panelWidth = WeightMatrix.panelWidth
        for first in stride(from: 0, to: weights.inputs, by: channelStep) {
            let count = min(channelStep, weights.inputs - first)
            for panel in panels {
                kernels.winogradWeights(
                    weights.int8Values(panel: panel, channel: first), count, products.columns, products.weights,
                    products.weightStride)
                for (i, depth) in distinctDepths.enumerated() {
                    compute.columnScales(
                        weights, panel: panel, channels: first..<first + count, block: block, depth: depth,
                        into: products.columnScales(i))
                }
                for position in 0..<Self.positions {
                    let (depth, columnScales) = (depths[position], products.columnScales(scalesOfPosition[position]))
                    let out = products.values(position: position) + (panel - panels.lowerBound) * panelWidth
                    for tile in stride(from: 0, to: tiles, by: Compute.tileRows) {
                        compute.integerTile(
                            rows: min(Compute.tileRows, tiles - tile), channels: count, depth: depth,
                            values(position: position, tile: tile) + first, stride: weights.inputs,
                            panel: products.weights + position * products.weightStride,
                            columnScales: columnScales, rowScales: scales(position: position) + tile,
                            out + tile * products.width, outStride: products.width, accumulate: first > 0)
                    }
                }
            }
        }
    }

    private func writeOutput(
        _ products: ProductScratch, tile: Int, pixel: Int, rows: Int, columns: Int, panels: Range<Int>, bias: Tensor,
        into out: Tensor
    ) {
        let (side, panelWidth, outputs) = (Self.tileSide, WeightMatrix.panelWidth, weights.outputs)
        for panel in panels {
            let m = products.values(position: 0) + tile * products.width + (panel - panels.lowerBound) * panelWidth
            let bias = bias.pointer + panel * panelWidth
            let target = out.pointer + pixel * outputs + panel * panelWidth
            if rows == side && columns == side {
                kernels.winogradOutput(
                    m, products.stride, products.outputColumns, bias, target, width * outputs, outputs, false)
                continue
            }
            let edge = products.outputColumns + 24 * 8
            kernels.winogradOutput(
                m, products.stride, products.outputColumns, bias, edge, side * panelWidth, panelWidth, false)
            for i in 0..<rows {
                for j in 0..<columns {
                    (target + (i * width + j) * outputs).update(from: edge + (i * side + j) * panelWidth, count: panelWidth)
                }
            }
        }
    }
}

/// A worker's memory while it transforms a tile's input.
private struct InputScratch {
    /// 6×6 vectors, transformed along the columns.
    let columns: UnsafeMutablePointer<Float>
    /// `[position][channel]`, `stride` apart.
    let rows: UnsafeMutablePointer<Float>
    let stride: Int

    init(_ memory: UnsafeMutableRawPointer, channels: Int) {
        columns = memory.assumingMemoryBound(to: Float.self)
        rows = columns + Winograd.positions * 8
        stride = channels + 16
    }

    static func byteCount(channels: Int) -> Int { Winograd.positions * (8 + channels + 16) * 4 }
}

/// A worker's memory while it multiplies.
private struct ProductScratch {
    let width: Int
    /// From one position's products to the next's, in floats.
    let stride: Int
    /// From one position's weights to the next's, in int16.
    let weightStride: Int
    /// A panel's transformed weights.
    let weights: UnsafeMutablePointer<Int16>
    /// Weights transformed along the columns.
    let columns: UnsafeMutablePointer<Int16>
    /// Outputs transformed along the columns, then a tile of pixels.
    let outputColumns: UnsafeMutablePointer<Float>
    private let products: UnsafeMutablePointer<Float>
    private let scales: UnsafeMutablePointer<Float>
    private let scaleStride: Int

    /// For the distinct depth number `depth`, `[channels / depth][16]`.
    func columnScales(_ depth: Int) -> UnsafeMutablePointer<Float> { scales + depth * scaleStride }

    /// `[position][tile][panel][16]`
    func values(position: Int) -> UnsafeMutablePointer<Float> { products + position * stride }

    init(_ memory: UnsafeMutableRawPointer, tiles: Int, panels: Int, channels: Int, depths: [Int], padding: Int) {
        width = panels * WeightMatrix.panelWidth
        stride = tiles * width + padding
        weightStride = channels * WeightMatrix.panelWidth + padding
        outputColumns = memory.assumingMemoryBound(to: Float.self)
        columns = UnsafeMutableRawPointer(outputColumns + 24 * 8 + 16 * 16).assumingMemoryBound(to: Int16.self)
        weights = columns + 18 * 16
        products = UnsafeMutableRawPointer(weights + Winograd.positions * weightStride).assumingMemoryBound(to: Float.self)
        scales = products + Winograd.positions * stride
        scaleStride = (channels / (depths.min() ?? 1) + 1) * WeightMatrix.panelWidth
    }

    static func byteCount(tiles: Int, panels: Int, channels: Int, depths: [Int], padding: Int) -> Int {
        let layout = ProductScratch(
            UnsafeMutableRawPointer(bitPattern: 64)!, tiles: tiles, panels: panels, channels: channels, depths: depths,
            padding: padding)
        return UnsafeMutableRawPointer(layout.columnScales(depths.count)) - UnsafeMutableRawPointer(bitPattern: 64)!
    }
}

extension Compute {
    /// Tiles that Winograd's algorithm works on at a time: more read the weights less often, fewer take less memory.
    func winogradTiles(inputs: Int) -> Int {
        min(limits.winogradTiles, max(24, limits.winogradTiles * 24_576 / (2 * Winograd.positions * inputs)))
    }
}
