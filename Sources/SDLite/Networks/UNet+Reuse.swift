import Kernels

/// Evaluations that take the deep layers' work from an earlier step (Ma et al. 2023, DeepCache, arXiv 2312.00858, with its
/// first branch): what all layers but the first and the last do is one map, which changes little from step to step.
extension UNet {
    /// Memory for that map, for one prompt and latents of this shape.
    func lastMap(for latents: Latents) throws -> Tensor {
        try compute.tensor(lastMapShape(latents.shape), compute.compactElement)
    }

    /// Bytes of it.
    /// - Parameter latents: their shape
    func lastMapBytes(for latents: [Int]) -> Int {
        compute.byteCount(lastMapShape(latents), compute.compactElement)
    }

    private func lastMapShape(_ latents: [Int]) -> [Int] { [1, latents[2], latents[3], lastMapChannels] }

    /// The prediction of the whole U-Net; the map of the last prompt stays in `kept`.
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    func callAsFunction(
        _ latents: Latents, step: Int, _ conditioning: Conditioning, keepingIn kept: Tensor
    ) throws -> Latents {
        try evaluate(latents, step, conditioning) { try predict($0, $1, keepingIn: kept) }
    }

    /// The prediction for one prompt, of its first and its last layer.
    /// - Parameters:
    ///   - conditioning: of the prompt that the map is of, alone
    ///   - map: from earlier steps; it is only read
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    func callAsFunction(
        _ latents: Latents, step: Int, _ conditioning: Conditioning, reusing map: Tensor
    ) throws -> Latents {
        try evaluate(latents, step, conditioning) { latents, now in
            let skip = try compute.stored(convIn(FeatureMap(latents)), as: compute.compactElement)
            return try output(upBlocks[upBlocks.count - 1].lastLayer(FeatureMap(joining: [map, skip]), now))
        }
    }
}
