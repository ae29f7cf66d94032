import Architecture
import Glibc
import Kernels

/// Sinusoids of the timestep (Vaswani et al. 2017; diffusers models/embeddings.py), then a two-layer perceptron.
struct TimestepEmbedding {
    private let compute: Compute
    private let linear1, linear2: Linear
    private let channels: Int
    private let cosineFirst: Bool
    private let frequencyShift: Float

    init(_ weights: Weights, configuration: UNetConfiguration) throws(ModelError) {
        compute = weights.compute
        channels = configuration.blockOutChannels[0]
        linear1 = try Linear(weights["linear_1"], inputs: channels, outputs: 4 * channels)
        linear2 = try Linear(weights["linear_2"], inputs: 4 * channels, outputs: 4 * channels)
        cosineFirst = configuration.flipSinToCos
        frequencyShift = configuration.frequencyShift
    }

    /// `[timesteps, 4·channels]`, after the SiLU that every block would apply to it.
    func callAsFunction(_ timesteps: [Double]) throws -> Tensor {
        let half = channels / 2
        let sinusoids = timesteps.flatMap { timestep in
            let angles = (0..<half).map { i in  // in float32 and in diffusers' order: at t = 999 the rounding shows
                Float(timestep) * exp(-Float(log(10_000.0)) * Float(i) / (Float(half) - frequencyShift))
            }
            let (sines, cosines) = (angles.map { sin($0) }, angles.map { cos($0) })
            return cosineFirst ? cosines + sines : sines + cosines
        }
        let hidden = try linear1(Tensor([timesteps.count, channels], values: sinusoids))
        compute.silu(hidden)
        let embedding = try linear2(hidden)
        compute.silu(embedding)
        return embedding
    }
}
