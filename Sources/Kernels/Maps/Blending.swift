extension Compute {
    /// A map put together from overlapping tiles, each of which fades in where it overlaps those above and left of it
    /// (diffusers models/autoencoders/autoencoder_kl.py, `tiled_decode`).
    /// - Parameters:
    ///   - shape: `[1, height, width, channels]`
    ///   - step: from the first row or column of one tile to that of the next
    ///   - overlap: rows or columns of a tile that also belong to the next
    ///   - tile: makes the tile at a row and column, `step + overlap` high and wide or what is left of the map
    package func blended(
        _ shape: [Int], step: Int, overlap: Int, tile: (_ y: Int, _ x: Int) throws -> Tensor
    ) throws -> Tensor {
        let out = try tensor(shape)
        var above: [Tensor] = []
        for y in stride(from: 0, to: shape[1], by: step) {
            var row: [Tensor] = []
            for x in stride(from: 0, to: shape[2], by: step) {
                let tile = try tile(y, x)
                perform("blend") {
                    if y > 0 { fadeIn(tile, below: above[row.count], overlap) }
                    if let left = row.last { fadeIn(tile, rightOf: left, overlap) }
                    let (height, width) = (min(step, shape[1] - y), min(step, shape[2] - x))
                    for i in 0..<height {
                        pixel(out, y + i, x).update(from: pixel(tile, i, 0), count: width * shape[3])
                    }
                }
                row.append(tile)
            }
            above = row
        }
        return out
    }

    private func fadeIn(_ tile: Tensor, below above: Tensor, _ overlap: Int) {
        let extent = min(overlap, tile.shape[1], above.shape[1])
        for y in 0..<extent {
            fade(
                from: pixel(above, above.shape[1] - extent + y, 0), to: pixel(tile, y, 0),
                share: Float(y) / Float(extent), count: tile.shape[2] * tile.channels)
        }
    }

    private func fadeIn(_ tile: Tensor, rightOf left: Tensor, _ overlap: Int) {
        let extent = min(overlap, tile.shape[2], left.shape[2])
        for y in 0..<tile.shape[1] {
            for x in 0..<extent {
                fade(
                    from: pixel(left, y, left.shape[2] - extent + x), to: pixel(tile, y, x),
                    share: Float(x) / Float(extent), count: tile.channels)
            }
        }
    }

    private func fade(from a: UnsafeMutablePointer<Float>, to b: UnsafeMutablePointer<Float>, share: Float, count: Int)
    {
        for i in 0..<count { b[i] = a[i] * (1 - share) + b[i] * share }
    }

    private func pixel(_ x: Tensor, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
        x.pointer + (row * x.shape[2] + column) * x.channels
    }
}
