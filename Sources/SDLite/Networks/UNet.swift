import Kernels

/// The noise predictor of Stable Diffusion 1.x (Rombach et al. 2022; diffusers models/unets/unet_2d_condition.py).
public struct UNet {
    private let compute: Compute
    private let timeEmbedding: TimestepEmbedding
    private let convIn: Conv2d
    private let downBlocks: [DownBlock]
    private let midBlock: MidBlock
    private let upBlocks: [UpBlock]
    private let normOut: GroupNorm
    private let schedule = Schedule()
    private let convOut: Conv2d
    public let inChannels: Int
    /// Width of the text encoder's hidden states that the cross-attention reads.
    public let contextChannels: Int

    init(_ weights: Weights, configuration c: UNetConfiguration, contextChannels: Int) throws(ModelError) {
        try c.validate()
        compute = weights.compute
        inChannels = c.inChannels
        self.contextChannels = contextChannels
        let widths = c.blockOutChannels
        let settings = BlockSettings(
            timeChannels: 4 * widths[0], contextChannels: contextChannels, groups: c.normGroups, epsilon: c.normEpsilon)
        timeEmbedding = try TimestepEmbedding(weights["time_embedding"], configuration: c)
        convIn = try Conv2d(weights["conv_in"], inputs: c.inChannels, outputs: widths[0])

        var skips = [widths[0]]
        downBlocks = try widths.indices.map { i throws(ModelError) in
            let block = try DownBlock(
                weights["down_blocks"][i], inputs: skips[skips.count - 1], outputs: widths[i], layers: c.layersPerBlock,
                heads: c.downBlockTypes[i] == "CrossAttnDownBlock2D" ? c.heads[i] : nil,
                downsamples: i < widths.count - 1, settings)
            skips += block.skipChannels
            return block
        }
        let last = widths.count - 1
        midBlock = try MidBlock(weights["mid_block"], channels: widths[last], heads: c.heads[last], settings)
        var channels = widths[last]
        upBlocks = try widths.indices.map { i throws(ModelError) in
            let level = last - i
            let layers = c.layersPerBlock + 1
            let block = try UpBlock(
                weights["up_blocks"][i], inputs: channels, skips: skips.suffix(layers).reversed(),
                outputs: widths[level], heads: c.upBlockTypes[i] == "CrossAttnUpBlock2D" ? c.heads[level] : nil,
                upsamples: i < last, settings)
            skips.removeLast(layers)
            channels = widths[level]
            return block
        }
        normOut = try GroupNorm(
            weights["conv_norm_out"], channels: channels, groups: c.normGroups, epsilon: c.normEpsilon)
        convOut = try Conv2d(weights["conv_out"], inputs: channels, outputs: c.outChannels)
        try weights.requireAllClaimed()
    }

    /// Predicts the noise (or v) in `latents`.
    /// - Parameters:
    ///   - latents: `[n, inChannels, h, w]`; or `[1, inChannels, h, w]` for n prompts, and then what does not depend
    ///     on the prompt yet is computed once
    ///   - timestep: 0…999, fractional for the sigma schedulers
    ///   - encoderHiddenStates: `[n, tokens, contextChannels]`
    /// - Returns: `[n, outChannels, h, w]`
    /// - Throws: `ModelError` for wrong shapes, `CancellationError`
    public func callAsFunction(_ latents: Latents, timestep: Double, encoderHiddenStates: Tensor) throws -> Latents {
        guard latents.shape.count == 4, latents.shape[1] == inChannels,
            encoderHiddenStates.shape.count == 3, [1, encoderHiddenStates.shape[0]].contains(latents.shape[0]),
            encoderHiddenStates.shape[2] == contextChannels
        else {
            throw ModelError.badLatents(found: latents.shape, expected: [encoderHiddenStates.shape[0], inChannels])
        }
        if !schedule.timesteps.contains(timestep) { try prepare(timesteps: [timestep]) }
        guard let step = schedule.timesteps.firstIndex(of: timestep) else {
            throw ModelError.badOption("the timestep must be a number, not \(timestep)")
        }
        var x = try compute.stored(convIn(FeatureMap(latents.channelsLast())))
        var skips = [try compute.stored(FeatureMap(x), as: compute.compactElement)]
        for block in downBlocks { try block(&x, step: step, encoderHiddenStates: encoderHiddenStates, skips: &skips) }
        x = try midBlock(x, step: step, encoderHiddenStates: encoderHiddenStates)
        for block in upBlocks { try block(&x, step: step, encoderHiddenStates: encoderHiddenStates, skips: &skips) }
        return Latents(channelsLast: try compute.stored(convOut(normOut(FeatureMap(x), silu: true))))
    }

    /// Computes what depends on the timestep alone, for all steps of a schedule at once. A timestep that was not
    /// prepared is when it comes, and forgets the schedule.
    public func prepare(timesteps: [Double]) throws {
        let embeddings = try timeEmbedding(timesteps)
        for block in downBlocks { try block.prepare(timeEmbeddings: embeddings) }
        try midBlock.prepare(timeEmbeddings: embeddings)
        for block in upBlocks { try block.prepare(timeEmbeddings: embeddings) }
        schedule.timesteps = timesteps
    }

    /// Frees what was kept of the schedule and of the prompt; both are computed again when they are needed.
    public func forget() {
        for block in downBlocks { block.forget() }
        midBlock.forget()
        for block in upBlocks { block.forget() }
        schedule.timesteps = []
    }

    private final class Schedule { var timesteps: [Double] = [] }
}
