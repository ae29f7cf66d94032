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
    private let productSizes: WinogradProducts.Sizes
    private let scratch: Scratch
    private let noBias: Tensor
    /// Register tiles that span the outputs, and the groups of them that are computed at a time.
    private let tilesAcross: Int
    private let chunks: Int
    private let channelStep: Int

    static let positions = 36
    private static let tileSide = 4
    private static let panelsAtATime = 4
    private static let channelsAtATime = 320
    /// What scaling the rows of G to whole numbers took away, per side of the tile.
    private static let restoring: [Float] = [1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1]
    /// The sums of the magnitudes in the scaled rows of G: how much larger than int8 transformed weights can get.
    private static let growth: [Float] = [1, 3, 3, 7, 7, 1]

    static func tiles(across width: Int) -> Int { (width + tileSide - 1) / tileSide }

    /// - Parameters:
    ///   - block: of `weights.integerBlock`
    ///   - mostRows: the most image rows of one stripe, a multiple of the tile's height
    init(_ weights: WeightMatrix, block: Int, mostRows: Int, width: Int, compute: Compute) throws(MachineError) {
        self.weights = weights
        self.block = block
        self.compute = compute
        self.width = width
        kernels = compute.kernels
        across = Self.tiles(across: width)
        mostTiles = mostRows / Self.tileSide * across + Compute.tileRows  // the last register tile may read beyond
        inputStride = mostTiles * weights.inputs + WinogradProducts.padding
        inputs = try compute.tensor([Self.positions * inputStride / 2 + 1])
        inputScales = try compute.tensor([Self.positions * mostTiles])
        let depths = (0..<Self.positions).map { Self.depth(position: $0, block: block) }
        let distinct = Set(depths).sorted()
        self.depths = depths
        distinctDepths = distinct
        scalesOfPosition = depths.map { depth in distinct.firstIndex(of: depth) ?? 0 }
        tilesAcross = (weights.panels + kernels.tilePanels - 1) / kernels.tilePanels
        let groups = max(1, weights.panels / Self.panelsAtATime)
        chunks = min(tilesAcross, (groups + compute.threads - 1) / compute.threads * compute.threads)
        channelStep = min(weights.inputs, max(1, Self.channelsAtATime / block) * block)
        noBias = try compute.zeros(weights.outputs)
        productSizes = WinogradProducts.Sizes(
            tiles: mostTiles, tilesAcross: (tilesAcross + chunks - 1) / chunks, channels: channelStep,
            depths: distinct, tileColumns: kernels.tileColumns)
        scratch = try compute.scratch(max(WinogradInput.byteCount(channels: weights.inputs), productSizes.byteCount))
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
                    WinogradInput(scratch[worker], channels: weights.inputs))
            }
        }
        compute.pool.forEach(chunks) { chunk, worker in
            let panels =
                chunk * tilesAcross / chunks
                * kernels.tilePanels..<min(weights.panels, (chunk + 1) * tilesAcross / chunks * kernels.tilePanels)
            let products = WinogradProducts(scratch[worker], productSizes)
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
        _ source: PixelSource, tile: Int, image: Int, y: Int, x: Int, _ scratch: WinogradInput
    ) {
        let channels = weights.inputs
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: Self.positions) { pixels in
            for i in 0..<Self.positions { pixels[i] = source.pixel(image: image, y: y + i / 6 - 1, x: x + i % 6 - 1) }
            kernels.winogradInput(pixels.baseAddress!, channels, scratch.columns, scratch.rows, scratch.stride)
        }
        for position in 0..<Self.positions {
            let row = scratch.rows + position * scratch.stride
            let largest = compute.largestMagnitude(row, channels)
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

    /// Position by position, so that a position's inputs stay in the cache while the panels pass by.
    private func multiply(tiles: Int, panels: Range<Int>, _ products: WinogradProducts) {
        let starts = stride(from: panels.lowerBound, to: panels.upperBound, by: kernels.tilePanels)
        for first in stride(from: 0, to: weights.inputs, by: channelStep) {
            let count = min(channelStep, weights.inputs - first)
            for (i, panel) in starts.enumerated() {
                weights.forEachPanel(tile: panel, kernels) { panel, column in
                    kernels.winogradWeights(
                        weights.int8Values(panel: panel, channel: first), count, products.columns,
                        products.weights(i, position: 0) + 2 * column, products.weightStride, 2 * kernels.tileColumns)
                }
                for (j, depth) in distinctDepths.enumerated() {
                    compute.columnScales(
                        weights, tile: panel, channels: first..<first + count, block: block, depth: depth,
                        into: products.columnScales(i, depth: j))
                }
            }
            for position in 0..<Self.positions {
                for (i, panel) in starts.enumerated() {
                    let columns = min(kernels.tileColumns, (panels.upperBound - panel) * WeightMatrix.panelWidth)
                    let out =
                        products.values(position: position) + (panel - panels.lowerBound) * WeightMatrix.panelWidth
                    for tile in stride(from: 0, to: tiles, by: Compute.tileRows) {
                        compute.integerTile(
                            rows: min(Compute.tileRows, tiles - tile), columns: columns, channels: count,
                            depth: depths[position], values(position: position, tile: tile) + first,
                            stride: weights.inputs, panel: products.weights(i, position: position),
                            columnScales: products.columnScales(i, depth: scalesOfPosition[position]),
                            rowScales: scales(position: position) + tile, out + tile * products.width,
                            outStride: products.width, accumulate: first > 0)
                    }
                }
            }
        }
    }

    private func writeOutput(
        _ products: WinogradProducts, tile: Int, pixel: Int, rows: Int, columns: Int, panels: Range<Int>, bias: Tensor,
        into out: Tensor
    ) {
        let (side, panelWidth, outputs) = (Self.tileSide, WeightMatrix.panelWidth, weights.outputs)
        for panel in panels {
            let m = products.values(position: 0) + tile * products.width + (panel - panels.lowerBound) * panelWidth
            let bias = bias.pointer + panel * panelWidth
            let target = out.pointer + pixel * outputs + panel * panelWidth
            if rows == side && columns == side {
                kernels.winogradOutput(
                    m, products.stride, products.outputColumns, bias, target, width * outputs, outputs)
                continue
            }
            kernels.winogradOutput(
                m, products.stride, products.outputColumns, bias, products.edge, side * panelWidth, panelWidth)
            for i in 0..<rows {
                for j in 0..<columns {
                    (target + (i * width + j) * outputs).update(
                        from: products.edge + (i * side + j) * panelWidth, count: panelWidth)
                }
            }
        }
    }
}

extension Compute {
    /// Tiles that Winograd's algorithm works on at a time: more read the weights less often, fewer take less memory.
    func winogradTiles(inputs: Int) -> Int {
        let wanted = Run.current.workingSet.winogradTiles
        return min(wanted, max(24, wanted * 24_576 / (2 * Winograd.positions * inputs)))
    }
}
