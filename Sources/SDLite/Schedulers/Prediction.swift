/// What the model's output stands for.
public enum PredictionType: String, CaseIterable, Sendable {
    /// The noise in the sample.
    case epsilon
    /// The velocity of Salimans and Ho 2022: `sqrt(alpha) noise - sqrt(1 - alpha) original`.
    case velocity = "v_prediction"
    /// The sample without its noise.
    case sample
}

/// What a sample would consist of if the model were right, each formula rounded as diffusers does.
extension PredictionType {
    /// The original in a `sample` that is `sqrt(alpha) original + sqrt(1 - alpha) noise`.
    func original(_ modelOutput: Latents, sample: Latents, alpha: Float) throws -> Latents {
        try original(
            modelOutput, sample: sample, pictureShare: alpha.squareRoot(), noiseShare: (1 - alpha).squareRoot())
    }

    /// The original in a `sample` that is `pictureShare original + noiseShare noise`.
    func original(
        _ modelOutput: Latents, sample: Latents, pictureShare: Float, noiseShare: Float
    ) throws -> Latents {
        try sample.combined(with: modelOutput) { sample, output in
            switch self {
            case .epsilon: (sample - noiseShare * output) / pictureShare
            case .velocity: pictureShare * sample - noiseShare * output
            case .sample: output
            }
        }
    }

    /// The noise in a `sample` that is `sqrt(alpha) original + sqrt(1 - alpha) noise`.
    func noise(_ modelOutput: Latents, sample: Latents, alpha: Float) throws -> Latents {
        let (pictureShare, noiseShare) = (alpha.squareRoot(), (1 - alpha).squareRoot())
        return try sample.combined(with: modelOutput) { sample, output in
            switch self {
            case .epsilon: output
            case .velocity: pictureShare * output + noiseShare * sample
            case .sample: (sample - pictureShare * output) / noiseShare
            }
        }
    }

    /// The original in a `sample` that is `original + sigma noise`.
    func original(_ modelOutput: Latents, sample: Latents, sigma: Float) throws -> Latents {
        let power = sigma * sigma + 1
        let outputShare = -sigma / power.squareRoot()
        return try sample.combined(with: modelOutput) { sample, output in
            switch self {
            case .epsilon: sample - sigma * output
            case .velocity: output * outputShare + sample / power
            case .sample: output
            }
        }
    }
}
