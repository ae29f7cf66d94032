import Architecture
import Kernels

/// CLIP's vision transformer (Radford et al. 2021; transformers models/clip/modeling_clip.py, CLIPVisionModel).
struct VisionEncoder {
    private let compute: Compute
    private let patchEmbedding: Linear
    private let classEmbedding: Tensor
    private let positionEmbedding: EmbeddingTable
    private let normIn: LayerNorm
    private let layers: [CLIPLayer]
    private let normOut: LayerNorm
    private let imageSize: Int
    private let patchSize: Int

    init(_ weights: Weights, configuration c: SafetyCheckerConfiguration.Vision) throws(ModelError) {
        compute = weights.compute
        (imageSize, patchSize) = (c.imageSize, c.patchSize)
        let (embeddings, channels) = (weights["embeddings"], c.hiddenSize)
        patchEmbedding = try Linear(
            embeddings["patch_embedding"], inputs: c.channels, outputs: channels, kernel: patchSize)
        classEmbedding = try embeddings["class_embedding"].vector(count: channels)
        positionEmbedding = try embeddings["position_embedding"]["weight"].table(rows: c.positions, channels: channels)
        // So they misspelt it.
        normIn = try LayerNorm(weights["pre_layrnorm"], channels: channels, epsilon: c.normEpsilon)
        layers = try (0..<c.layers).map { index throws(ModelError) in
            try CLIPLayer(
                weights["encoder"]["layers"][index], channels: channels, heads: c.heads, activation: c.activation,
                epsilon: c.normEpsilon, causal: false)
        }
        normOut = try LayerNorm(weights["post_layernorm"], channels: channels, epsilon: c.normEpsilon)
    }

    /// What stands for the whole picture, `[1, channels]`.
    /// - Parameter pixels: `imageSize` rows of as many pixels of three numbers each, as an `ImageProcessor` makes them
    func callAsFunction(_ pixels: [Float]) throws -> Tensor {
        let embedded = try patchEmbedding(patches(of: pixels))
        // A few at a time, for these are not memory that a plan counts.
        for first in stride(from: 0, to: positionEmbedding.rows, by: 32) {
            let places = first..<min(positionEmbedding.rows, first + 32)
            compute.add(positionEmbedding(Array(places)), to: embedded.rows(places))
        }
        compute.add(classEmbedding, to: embedded.rows(0..<1))
        let x = try normIn(embedded)
        for layer in layers { try layer(x) }
        return try normOut(x.rows(0..<1))
    }

    /// Rows of patches, `[1, 1 + patches, 3 * patchSize * patchSize]`, each channel by channel. The first is zeros, which
    /// the embedding, having no bias, leaves: the place of the class embedding.
    private func patches(of pixels: [Float]) -> Tensor {
        let perSide = imageSize / patchSize
        var rows = [Float](repeating: 0, count: 3 * patchSize * patchSize)
        rows.reserveCapacity(positionEmbedding.rows * rows.count)
        for patch in 0..<perSide * perSide {
            let (top, left) = (patch / perSide * patchSize, patch % perSide * patchSize)
            for channel in 0..<3 {
                for y in top..<top + patchSize {
                    for x in left..<left + patchSize { rows.append(pixels[(y * imageSize + x) * 3 + channel]) }
                }
            }
        }
        return Tensor([1, positionEmbedding.rows, 3 * patchSize * patchSize], values: rows)
    }
}
