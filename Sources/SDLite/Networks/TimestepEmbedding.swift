import Architecture
import Glibc
import Kernels

/// Sinusoids of the timestep (Vaswani et al. 2017; diffusers models/embeddings.py), with those of the guidance scale in
/// models that were distilled to know it, then a two-layer perceptron.
struct TimestepEmbedding {
    private let compute: Compute
    private let guidanceProjection: Linear?
    private let linear1, linear2: Linear
    private let channels: Int
    private let cosineFirst: Bool
    private let frequencyShift: Float

    init(_ weights: Weights, configuration: UNetConfiguration) throws(ModelError) {
        compute = weights.compute
        channels = configuration.blockOutChannels[0]
        guidanceProjection =
            if let dim = configuration.timeCondProjDim {
                try Linear(weights["cond_proj"], inputs: dim, outputs: channels)
            } else {
                nil
            }
        linear1 = try Linear(weights["linear_1"], inputs: channels, outputs: 4 * channels)
        linear2 = try Linear(weights["linear_2"], inputs: 4 * channels, outputs: 4 * channels)
        cosineFirst = configuration.flipSinToCos
        frequencyShift = configuration.frequencyShift
    }

    /// `[timesteps, 4·channels]`, after the SiLU that every block would apply to it.
    /// - Parameter guidanceScale: left out where the model does not know it
    func callAsFunction(_ timesteps: [Double], guidanceScale: Float? = nil) throws -> Tensor {
        let half = channels / 2
        let sinusoids = timesteps.flatMap { timestep in
            let angles = (0..<half).map { i in  // in float32 and in diffusers' order: at t = 999 the rounding shows
                Float(timestep) * exp(-Float(log(10_000.0)) * Float(i) / (Float(half) - frequencyShift))
            }
            let (sines, cosines) = (angles.map { sin($0) }, angles.map { cos($0) })
            return cosineFirst ? cosines + sines : sines + cosines
        }
        let input = Tensor([timesteps.count, channels], values: sinusoids)
        if let guidanceScale, let guidanceProjection {
            compute.addPerChannel(try guidanceProjection(self.sinusoids(ofGuidance: guidanceScale)), to: input)
        }
        let hidden = try linear1(input)
        compute.silu(hidden)
        let embedding = try linear2(hidden)
        compute.silu(embedding)
        return embedding
    }

    /// `[1, inputs]` of what `LatentConsistencyModelPipeline.get_guidance_scale_embedding` gives for the scale − 1,
    /// in its order of operations.
    private func sinusoids(ofGuidance scale: Float) -> Tensor {
        let inputs = guidanceProjection?.weight.inputs ?? 0
        let half = inputs / 2
        let step = log(Float(10_000)) / Float(half - 1)
        let angles = (0..<half).map { (scale - 1) * 1000 * exp(Float($0) * -step) }
        return Tensor([1, inputs], values: angles.map { sin($0) } + angles.map { cos($0) })
    }
}
