/// 3×3 convolutions with int8 weights by Winograd's F(4×4, 3×3), in int16 (micro-kernels: `Shared/Winograd.swift`).
///
/// Tiles of 4×4 outputs are transformed, rounded to int16 with a scale per tile and position, and multiplied position
/// by position with weights that are transformed from the file's int8 panel by panel as they are needed.
extension Compute {
    private static let positions = 36
    private static let tileSide = 4
    /// Tiles in work at a time, and the most memory for their transformed inputs.
    private static let mostTiles = 512
    private static let inputBudget = 12 << 20
    private static let channelsAtATime = 320
    private static let panelsAtATime = 4
    /// Positions are this many int16 or floats more than their size apart, lest they share cache sets.
    private static let padding = 32

    /// What scaling the rows of G to whole numbers took away, per side of the tile.
    private static let restoring: [Float] = [1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1]
    /// The sums of the magnitudes in the scaled rows of G: how much larger than int8 transformed weights can get.
    private static let growth: [Float] = [1, 3, 3, 7, 7, 1]

    func winogradConvolution(
        _ source: PixelSource, _ weights: WeightMatrix, block: Int, bias: Tensor?, into out: Tensor, accumulate: Bool
    ) {
        let (height, width) = (out.shape[1], out.shape[2])
        let across = (width + Self.tileSide - 1) / Self.tileSide
        let perImage = (height + Self.tileSide - 1) / Self.tileSide * across
        let total = out.shape[0] * perImage
        let blockTiles = min(total, Self.mostTiles, max(24, Self.inputBudget / (2 * Self.positions * source.channels)))
        let input = WinogradInput(tiles: blockTiles, channels: source.channels, padding: Self.padding, compute: self)
        let groups = max(1, weights.panels / Self.panelsAtATime)
        let chunks = min(weights.panels, (groups + threads - 1) / threads * threads)
        let noBias = tensor([weights.outputs])
        noBias.pointer.update(repeating: 0, count: noBias.count)
        for first in stride(from: 0, to: total, by: blockTiles) {
            let tiles = first..<min(total, first + blockTiles)
            func place(_ tile: Int) -> (image: Int, y: Int, x: Int) {
                let (image, t) = (first + tile).quotientAndRemainder(dividingBy: perImage)
                return (image, t / across * Self.tileSide, t % across * Self.tileSide)
            }
            forEachRange(tiles.count, chunk: 8) { transformInputs(source, tiles: $0, at: place, block: block, into: input) }
            pool.forEach(chunks) { chunk, _ in
                let panels = chunk * weights.panels / chunks..<(chunk + 1) * weights.panels / chunks
                let products = multiply(input, tiles: tiles.count, weights, panels: panels, block: block)
                writeOutputs(
                    products, tiles: tiles.count, at: place, panels: panels, bias: bias ?? noBias, into: out,
                    accumulate: accumulate)
            }
        }
    }

    private func transformInputs(
        _ source: PixelSource, tiles: Range<Int>, at place: (Int) -> (image: Int, y: Int, x: Int), block: Int,
        into input: WinogradInput
    ) {
        let channels = source.channels
        let scratch = tensor([Self.positions * (8 + channels + 16)])
        let rows = scratch.pointer + Self.positions * 8
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: Self.positions) { pixels in
            for tile in tiles {
                let (image, y, x) = place(tile)
                for i in 0..<Self.positions { pixels[i] = source.pixel(image: image, y: y + i / 6 - 1, x: x + i % 6 - 1) }
                kernels.winogradInput(pixels.baseAddress!, channels, scratch.pointer, rows, channels + 16)
                for position in 0..<Self.positions {
                    let row = rows + position * (channels + 16)
                    let largest = max(kernels.largestMagnitude(row, channels), .leastNormalMagnitude)
                    let depth = Self.depth(position: position, block: block)
                    let limit = Self.largestInput(position: position, depth: depth)
                    kernels.quantize(row, channels, limit / largest, input.values(position: position, tile: tile))
                    input.scales(position: position)[tile] =
                        largest / limit * Self.restoring[position / 6] * Self.restoring[position % 6]
                }
            }
        }
    }

    /// The magnitude to which inputs may be scaled so that no sum over `depth` channels can leave int32, whatever the
    /// weights.
    private static func largestInput(position: Int, depth: Int) -> Float {
        let weight = 128 * growth[position / 6] * growth[position % 6]
        return min(largestInt16, (Float(Int32.max) / (Float(depth) * weight)).rounded(.down) - 1)
    }

    /// Channels whose products are summed in int32 at a position: a block, or a part of it where weights grow so large
    /// that inputs would keep fewer than 14 bits.
    private static func depth(position: Int, block: Int) -> Int {
        var depth = block
        while depth % 8 == 0 && largestInput(position: position, depth: depth) < 16_384 { depth /= 2 }
        return depth
    }

    /// `[position][tile][panel of the range][16]`.
    private func multiply(
        _ input: WinogradInput, tiles: Int, _ weights: WeightMatrix, panels: Range<Int>, block: Int
    ) -> WinogradProducts {
        let width = WeightMatrix.panelWidth
        let products = WinogradProducts(tiles: tiles, width: panels.count * width, padding: Self.padding, compute: self)
        let step = min(weights.inputs, max(1, Self.channelsAtATime / block) * block)
        let weightStride = step * width + Self.padding
        let transformed = tensor([Self.positions * weightStride / 2])
        let scratch = tensor([18 * 16 / 2])
        let u16 = UnsafeMutableRawPointer(transformed.pointer).assumingMemoryBound(to: Int16.self)
        let s16 = UnsafeMutableRawPointer(scratch.pointer).assumingMemoryBound(to: Int16.self)
        let depths = (0..<Self.positions).map { Self.depth(position: $0, block: block) }
        for first in stride(from: 0, to: weights.inputs, by: step) {
            let count = min(step, weights.inputs - first)
            for panel in panels {
                kernels.winogradWeights(weights.int8Values(panel: panel, channel: first), count, s16, u16, weightStride)
                let scales = Set(depths).reduce(into: [:]) { scales, depth in
                    scales[depth] = columnScales(
                        weights, panel: panel, channels: first..<first + count, block: block, depth: depth)
                }
                for (position, depth) in depths.enumerated() {
                    guard let columnScales = scales[depth] else { continue }
                    let out = products.values(position: position) + (panel - panels.lowerBound) * width
                    for tile in stride(from: 0, to: tiles, by: Self.tileRows) {
                        integerTile(
                            rows: min(Self.tileRows, tiles - tile), channels: count, depth: depth,
                            input.values(position: position, tile: tile) + first, stride: input.channels,
                            panel: u16 + position * weightStride, columnScales: columnScales.pointer,
                            rowScales: input.scales(position: position) + tile, out + tile * products.width,
                            outStride: products.width, accumulate: first > 0)
                    }
                }
            }
        }
        return products
    }

    private func writeOutputs(
        _ products: WinogradProducts, tiles: Int, at place: (Int) -> (image: Int, y: Int, x: Int), panels: Range<Int>,
        bias: Tensor, into out: Tensor, accumulate: Bool
    ) {
        let (height, width, outputs) = (out.shape[1], out.shape[2], out.channels)
        let (side, panelWidth) = (Self.tileSide, WeightMatrix.panelWidth)
        let scratch = tensor([24 * 8 + side * side * panelWidth])
        let edge = scratch.pointer + 24 * 8
        for tile in 0..<tiles {
            let (image, y, x) = place(tile)
            for panel in panels {
                let m = products.values(position: 0) + tile * products.width + (panel - panels.lowerBound) * panelWidth
                let bias = bias.pointer + panel * panelWidth
                let target = out.pointer + ((image * height + y) * width + x) * outputs + panel * panelWidth
                if y + side <= height && x + side <= width {
                    kernels.winogradOutput(
                        m, products.stride, scratch.pointer, bias, target, width * outputs, outputs, accumulate)
                    continue
                }
                kernels.winogradOutput(
                    m, products.stride, scratch.pointer, bias, edge, side * panelWidth, panelWidth, false)
                for i in 0..<min(side, height - y) {
                    for j in 0..<min(side, width - x) {
                        let pixel = target + (i * width + j) * outputs
                        for c in 0..<panelWidth {
                            let value = edge[(i * side + j) * panelWidth + c]
                            pixel[c] = accumulate ? pixel[c] + value : value
                        }
                    }
                }
            }
        }
    }
}

/// Transformed inputs as int16 `[position][tile][channel]`, and their scales `[position][tile]`.
private struct WinogradInput {
    let channels: Int
    private let stride: Int
    private let tiles: Int
    private let valueMemory: Tensor
    private let scaleMemory: Tensor

    /// Room for one register tile more than `tiles`, because the last may read beyond.
    init(tiles: Int, channels: Int, padding: Int, compute: Compute) {
        self.channels = channels
        self.tiles = tiles + Compute.tileRows
        stride = self.tiles * channels + padding
        valueMemory = compute.tensor([36 * stride / 2 + 1])
        scaleMemory = compute.tensor([36 * self.tiles])
    }

    func values(position: Int, tile: Int) -> UnsafeMutablePointer<Int16> {
        UnsafeMutableRawPointer(valueMemory.pointer).assumingMemoryBound(to: Int16.self)
            + position * stride + tile * channels
    }

    func scales(position: Int) -> UnsafeMutablePointer<Float> { scaleMemory.pointer + position * tiles }
}

/// Products as floats `[position][tile][width]`.
private struct WinogradProducts {
    let width: Int
    let stride: Int
    private let memory: Tensor

    init(tiles: Int, width: Int, padding: Int, compute: Compute) {
        self.width = width
        stride = tiles * width + padding
        memory = compute.tensor([36 * stride])
    }

    func values(position: Int) -> UnsafeMutablePointer<Float> { memory.pointer + position * stride }
}
