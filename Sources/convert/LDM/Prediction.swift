import Quant

/// What the U-Net of a checkpoint predicts.
enum Prediction: String, CaseIterable {
    /// The velocity (Salimans and Ho 2022, arXiv 2202.00512).
    case v
    /// The noise.
    case epsilon
}

/// How a single file wants to be sampled, which its weights do not tell.
struct Sampling {
    let prediction: Prediction
    /// Whether its betas leave nothing of the picture at the last timestep (arXiv 2305.08891).
    let zeroTerminalSNR: Bool
    /// Whether it was distilled to one of Euler's steps from the last timestep (Sauer et al. 2023, arXiv 2311.17042).
    let isTurbo: Bool
    /// Where the prediction is known from.
    let reason: String

    /// Decides as the well-known tools do: kohya's write `modelspec.prediction_type`, ComfyUI and reForge read marks
    /// named `v_pred` and `ztsnr`, and diffusers tells Stable Diffusion 2 with the noise from that with the velocity by
    /// the step at which the training ended (loaders/single_file_utils.py), ComfyUI by how far the offsets of a norm
    /// lie apart (comfy/supported_models.py).
    /// - Parameter isTurbo: whether it is known to be SD-Turbo, which predicts the noise
    init(
        _ file: SafetensorsFile, version: Version, asked: Prediction?, isTurbo: Bool = false
    ) throws(FormatError) {
        let stated = file.metadata["modelspec.prediction_type"]?.lowercased()
        let step = try Sampling.globalStep(file)
        (prediction, reason) =
            if let asked {
                (asked, "--prediction says so")
            } else if isTurbo {
                (.epsilon, "it is called SD-Turbo")
            } else if file.entries["v_pred"] != nil {
                (.v, "it has a mark named v_pred")
            } else if stated == "v" || stated == "v_prediction" {
                (.v, "its modelspec.prediction_type says so")
            } else if stated == "epsilon" {
                (.epsilon, "its modelspec.prediction_type says so")
            } else if version == .one {
                (.epsilon, "nothing in the file says otherwise")
            } else if let step {
                (step == 875_000 ? .epsilon : .v, "its global_step is \(step)")
            } else {
                try Sampling.guess(file)
            }
        self.isTurbo = isTurbo
        zeroTerminalSNR = prediction == .v && file.entries["ztsnr"] != nil
    }

    private static func guess(_ file: SafetensorsFile) throws(FormatError) -> (Prediction, String) {
        let name = LDMUNet.prefix + "output_blocks.11.1.transformer_blocks.0.norm1.bias"
        let offsets = try file.entries[name].map { entry throws(FormatError) in
            try file.floats(entry, 0..<min(entry.shape.reduce(1, *), 320))
        }
        let guess = offsets.map { spread($0) > 0.09 } ?? true ? Prediction.v : .epsilon
        return (
            guess,
            "judged by a norm, as ComfyUI does; if its pictures are noise, say --prediction "
                + (guess == .v ? "epsilon" : "v")
        )
    }

    /// The standard deviation.
    private static func spread(_ values: [Float]) -> Float {
        let mean = values.reduce(0, +) / Float(values.count)
        let squares = values.map { ($0 - mean) * ($0 - mean) }
        return (squares.reduce(0, +) / Float(values.count)).squareRoot()
    }

    /// Tensors that say how and are no weights.
    static let marks = ["v_pred", "ztsnr", "global_step"]

    private static func globalStep(_ file: SafetensorsFile) throws(FormatError) -> Int? {
        if let entry = file.entries["global_step"], let step = try file.integer(entry) { return step }
        return file.metadata["global_step"].flatMap(Int.init)
    }
}

/// Of Stable Diffusion.
enum Version: String {
    case one = "Stable Diffusion 1"
    case two = "Stable Diffusion 2"
}
