import Kernels

/// Evaluations that take the deep layers' work from an earlier step (Ma et al. 2023, DeepCache, arXiv 2312.00858, with its
/// first branch): what all layers but the first and the last do is one map, which changes little from step to step.
extension UNet {
    /// Memory for that map, for one prompt and latents of this shape.
    func lastMap(for latents: Latents) throws -> Tensor {
        try compute.tensor([1, latents.shape[2], latents.shape[3], lastMapChannels], compute.compactElement)
    }

    /// Bytes of it.
    func lastMapBytes(height: Int, width: Int) -> Int {
        compute.compactElement.byteCount(rows: height * width, channels: lastMapChannels)
    }

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
    ///   - kept: an earlier step's, which is only read
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    func callAsFunction(
        _ latents: Latents, step: Int, _ conditioning: Conditioning, reusing kept: Tensor
    ) throws -> Latents {
        try evaluate(latents, step, conditioning) { latents, now in
            let skip = try compute.stored(convIn(FeatureMap(latents)), as: compute.compactElement)
            return try output(upBlocks[upBlocks.count - 1].lastLayer(FeatureMap(joining: [kept, skip]), now))
        }
    }
}
