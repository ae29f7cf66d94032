/// A worker's memory while it transforms a tile's input.
struct WinogradInput {
    /// 6×6 vectors, transformed along the columns.
    let columns: UnsafeMutablePointer<Float>
    /// `[position][channel]`, `stride` apart.
    let rows: UnsafeMutablePointer<Float>
    let stride: Int

    private static let vector = 16

    init(_ memory: UnsafeMutableRawPointer, channels: Int) {
        columns = memory.assumingMemoryBound(to: Float.self)
        rows = columns + Winograd.positions * Self.vector
        stride = channels + Self.vector
    }

    static func byteCount(channels: Int) -> Int { Winograd.positions * (channels + 2 * vector) * 4 }
}

/// A worker's memory while it multiplies.
struct WinogradProducts {
    struct Sizes {
        /// Tiles of pixels.
        let tiles: Int
        /// Register tiles that span the outputs.
        let tilesAcross: Int
        let channels: Int
        /// The distinct numbers of channels that are summed in int32.
        let depths: [Int]
        let tileColumns: Int

        fileprivate var scaleStride: Int { (channels / (depths.min() ?? 1) + 1) * tileColumns }
        fileprivate var weightStride: Int { channels * tileColumns + padding }
        fileprivate var productStride: Int { tiles * width + padding }
        fileprivate var width: Int { tilesAcross * tileColumns }

        var byteCount: Int {
            4 * WinogradProducts.outputScratch + 2 * WinogradProducts.weightScratch
                + Winograd.positions * (2 * tilesAcross * weightStride + 4 * productStride)
                + 4 * tilesAcross * depths.count * scaleStride
        }
    }
    private let sizes: Sizes
    /// From one position's products to the next's, in floats, and from one position's weights to the next's, in int16.
    let stride, weightStride: Int
    /// From one tile's products to the next's.
    let width: Int
    /// Outputs transformed along the columns.
    let outputColumns: UnsafeMutablePointer<Float>
    /// 4×4 pixels of 16 channels.
    let edge: UnsafeMutablePointer<Float>
    /// Weights transformed along the columns.
    let columns: UnsafeMutablePointer<Int16>
    private let weights: UnsafeMutablePointer<Int16>
    private let products: UnsafeMutablePointer<Float>
    private let scales: UnsafeMutablePointer<Float>

    /// Positions are this many int16 or floats more than their size apart, lest they share cache sets.
    static let padding = 32
    private static let outputScratch = 24 * 16 + 16 * 16
    private static let weightScratch = 18 * 32

    init(_ memory: UnsafeMutableRawPointer, _ sizes: Sizes) {
        self.sizes = sizes
        (stride, weightStride, width) = (sizes.productStride, sizes.weightStride, sizes.width)
        outputColumns = memory.assumingMemoryBound(to: Float.self)
        edge = outputColumns + 24 * 16
        columns = UnsafeMutableRawPointer(outputColumns + Self.outputScratch).assumingMemoryBound(to: Int16.self)
        weights = columns + Self.weightScratch
        products = UnsafeMutableRawPointer(weights + Winograd.positions * sizes.tilesAcross * weightStride)
            .assumingMemoryBound(to: Float.self)
        scales = products + Winograd.positions * stride
    }

    /// Transformed weights `[channels / 2][tileColumns][2]` of a register tile's columns.
    func weights(_ tile: Int, position: Int) -> UnsafeMutablePointer<Int16> {
        weights + (tile * Winograd.positions + position) * weightStride
    }

    /// Of a register tile's columns and for the distinct depth number `depth`, `[channels / depth][tileColumns]`.
    func columnScales(_ tile: Int, depth: Int) -> UnsafeMutablePointer<Float> {
        scales + (tile * sizes.depths.count + depth) * sizes.scaleStride
    }

    /// `[tile][register tile][tileColumns]`
    func values(position: Int) -> UnsafeMutablePointer<Float> { products + position * stride }
}
