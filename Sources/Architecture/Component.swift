/// The networks of a pipeline, in the order of their use: the only list of them. The raw value is the folder in a
/// checkpoint, and what comes before the first dot of a tensor's name.
package enum Component: String, CaseIterable, Sendable {
    case textEncoder = "text_encoder"
    case unet
    case vae
    /// What may stand in for the autoencoder; few models have one.
    case tinyVAE = "tiny_vae"
    /// Not every pipeline has one.
    case safetyChecker = "safety_checker"

    /// The name of its configuration in a checkpoint and in a model file.
    package var document: String { rawValue + "/config.json" }

    /// What the names of its files of weights begin with.
    package var weightsStem: String {
        switch self {
        case .textEncoder, .safetyChecker: "model"  // transformers
        case .unet, .vae, .tinyVAE: "diffusion_pytorch_model"  // diffusers
        }
    }

    /// Its name for the tensor that transformers or diffusers call so.
    package func tensor(_ name: String) -> String { "\(rawValue).\(name)" }
}
