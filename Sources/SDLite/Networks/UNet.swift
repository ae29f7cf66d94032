import Architecture
import Kernels

/// The noise predictor of Stable Diffusion (Rombach et al. 2022; diffusers models/unets/unet_2d_condition.py).
public struct UNet: Sendable {
    let compute: Compute
    private let configuration: UNetConfiguration
    private let timeEmbedding: TimestepEmbedding
    let convIn: Conv2d
    private let downBlocks: [DownBlock]
    private let midBlock: MidBlock?
    let upBlocks: [UpBlock]
    private let normOut: GroupNorm
    private let convOut: Conv2d
    /// Of the map that the last layer reads of those before it.
    let lastMapChannels: Int
    let footprint: WeightFootprint
    /// Channels of the latents that it reads: 4 in Stable Diffusion.
    public let inChannels: Int
    /// Width of the text encoder's hidden states that the cross-attention reads.
    public let contextChannels: Int
    /// Whether it was distilled to be told the guidance scale, and needs no negative prompt.
    public let embedsGuidance: Bool

    init(_ weights: Weights, configuration c: UNetConfiguration, contextChannels: Int) throws(ModelError) {
        compute = weights.compute
        configuration = c
        inChannels = c.inChannels
        self.contextChannels = contextChannels
        embedsGuidance = c.timeCondProjDim != nil
        let widths = c.blockOutChannels
        lastMapChannels = widths[0]
        let settings = BlockSettings(
            timeChannels: 4 * widths[0], contextChannels: contextChannels, groups: c.normGroups, epsilon: c.normEpsilon)
        timeEmbedding = try TimestepEmbedding(weights["time_embedding"], configuration: c)
        convIn = try Conv2d(weights["conv_in"], inputs: c.inChannels, outputs: widths[0])

        var skips = [widths[0]]
        downBlocks = try widths.indices.map { i throws(ModelError) in
            let block = try DownBlock(
                weights["down_blocks"][i], inputs: skips[skips.count - 1], outputs: widths[i],
                layers: c.layersPerBlock[i], heads: c.downBlockTypes[i] == "CrossAttnDownBlock2D" ? c.heads[i] : nil,
                downsamples: i < widths.count - 1, settings)
            skips += block.skipChannels
            return block
        }
        let last = widths.count - 1
        midBlock =
            c.hasMidBlock
            ? try MidBlock(weights["mid_block"], channels: widths[last], heads: c.heads[last], settings) : nil
        var channels = widths[last]
        upBlocks = try widths.indices.map { i throws(ModelError) in
            let level = last - i
            let layers = c.layersPerBlock[level] + 1
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
        footprint = weights.footprint
    }

    /// What evaluations for these timesteps and prompts have in common: worth keeping where there are several.
    /// - Parameters:
    ///   - timesteps: of all steps, each 0…999, fractional for the sigma schedulers
    ///   - encoderHiddenStates: `[prompts, tokens, contextChannels]`
    ///   - guidanceScale: finite, of a U-Net that embeds it; nil leaves it out, as diffusers does without
    ///     `timestep_cond`
    ///   - loras: added to the layers
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    public func conditioning(
        timesteps: [Double], encoderHiddenStates: Tensor, guidanceScale: Float? = nil, loras: [LoRA] = []
    ) throws -> Conditioning {
        let shape = encoderHiddenStates.shape
        guard shape.count == 3, shape[2] == contextChannels else {
            throw ModelError.badHiddenStates(found: shape, channels: contextChannels)
        }
        guard !timesteps.isEmpty, timesteps.allSatisfy({ Self.timesteps.contains($0) }) else {
            throw ModelError.badTimesteps
        }
        guard guidanceScale?.isFinite ?? true, guidanceScale == nil || embedsGuidance else {
            throw ModelError.badOption("this U-Net takes no guidance scale, or none that is not finite")
        }
        let lowRanks = try loras.lowRanks(configuration)
        return Conditioning(
            timesteps: timesteps,
            timeBiases: try compute.adding(lowRanks) { try timeBiases(timesteps, guidanceScale: guidanceScale) },
            encoderHiddenStates: encoderHiddenStates, lowRanks: lowRanks)
    }

    private func timeBiases(_ timesteps: [Double], guidanceScale: Float?) throws -> [String: Tensor] {
        let embeddings = try timeEmbedding(timesteps, guidanceScale: guidanceScale)
        var biases: [String: Tensor] = [:]
        for resnet in downBlocks.flatMap(\.resnets) + (midBlock?.resnets ?? []) + upBlocks.flatMap(\.resnets) {
            biases[resnet.path] = try resnet.timeBiases(embeddings)
        }
        return biases
    }

    /// Predicts the noise (or v) in `latents`.
    /// - Parameters:
    ///   - latents: `[n, inChannels, h, w]`; or `[1, inChannels, h, w]` for n prompts, and then what does not depend
    ///     on the prompt yet is computed once
    ///   - timestep: 0…999, fractional for the sigma schedulers
    ///   - encoderHiddenStates: `[n, tokens, contextChannels]`
    ///   - guidanceScale: as of `conditioning`
    /// - Returns: `[n, outChannels, h, w]`
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    public func callAsFunction(
        _ latents: Latents, timestep: Double, encoderHiddenStates: Tensor, guidanceScale: Float? = nil
    ) throws -> Latents {
        try self(
            latents, step: 0,
            conditioning(
                timesteps: [timestep], encoderHiddenStates: encoderHiddenStates, guidanceScale: guidanceScale))
    }

    /// The same for a step of a conditioning.
    /// - Parameters:
    ///   - latents: as above, for n prompts of the conditioning
    ///   - step: an index into its timesteps
    ///   - conditioning: made by this U-Net
    /// - Throws: `ModelError` for wrong shapes or numbers, `CancellationError`
    public func callAsFunction(_ latents: Latents, step: Int, _ conditioning: Conditioning) throws -> Latents {
        try evaluate(latents, step, conditioning) { try predict($0, $1, keepingIn: nil) }
    }

    /// - Parameter predict: of latents with the channels last
    func evaluate(
        _ latents: Latents, _ step: Int, _ conditioning: Conditioning,
        _ predict: (Tensor, Conditioning.Step) throws -> Tensor
    ) throws -> Latents {
        let prompts = conditioning.encoderHiddenStates.shape[0]
        guard latents.shape.count == 4, latents.shape[1] == inChannels, [1, prompts].contains(latents.shape[0]) else {
            throw ModelError.badLatents(found: latents.shape, expected: [prompts, inChannels])
        }
        guard conditioning.timesteps.indices.contains(step) else { throw ModelError.badTimesteps }
        guard latents.isFinite else { throw ModelError.latentsNotFinite }
        let now = Conditioning.Step(conditioning: conditioning, index: step)
        return try compute.adding(conditioning.lowRanks) {
            Latents(channelsLast: try compute.finite("the U-Net") { try predict(latents.channelsLast(), now) })
        }
    }

    /// - Parameter kept: of a shape of `lastMap`
    func predict(_ latents: Tensor, _ conditioning: Conditioning.Step, keepingIn kept: Tensor?) throws -> Tensor {
        var x = try compute.stored(convIn(FeatureMap(latents)))
        var skips = [try compute.stored(FeatureMap(x), as: compute.compactElement)]
        for block in downBlocks { try block(&x, conditioning, skips: &skips) }
        if let midBlock { x = try midBlock(x, conditioning) }
        for block in upBlocks { try block(&x, conditioning, skips: &skips, keepingIn: kept) }
        return try output(x)
    }

    func output(_ x: Tensor) throws -> Tensor {
        try compute.stored(convOut(normOut(FeatureMap(x), silu: true)))
    }

    /// Those that a model may be trained for.
    private static let timesteps = 0.0...100_000
}
