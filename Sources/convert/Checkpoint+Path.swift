import Architecture

/// What somebody may know better than a checkpoint, or wants other than it has it.
struct CheckpointOptions {
    /// Another autoencoder: a folder or a file.
    var vae: String?
    /// Of a single file: what its U-Net predicts.
    var prediction: Prediction?
    /// Of a single file: take the averages over the training.
    var averaged = false
}

extension Checkpoint {
    /// Reads all but the values of a diffusers folder or a single file.
    /// - Throws: `ConvertError`, `FormatError`
    init(path: String, options: CheckpointOptions = CheckpointOptions()) throws {
        let vae = try options.vae.map(Autoencoder.init)
        var texts: CheckpointTexts
        var weights: [Component: any NamedWeights]
        var notes: [String]
        if isFile(path) {
            guard !isPickle(path) else { throw ConvertError.pickle(file: path) }
            let file = try SingleFile(
                path: path, averaged: options.averaged, prediction: options.prediction, hasOtherVAE: vae != nil)
            (texts, weights, notes) = (file.texts, file.weights, file.notes)
        } else {
            texts = try CheckpointTexts(folder: path)
            try options.checkFolder()
            weights = [:]
            for component in Component.allCases where component != .vae || vae == nil {
                weights[component] = try DiffusersWeights(component, folder: texts.path(component.rawValue))
            }
            notes = []
        }
        if let vae {
            texts.replace(VAEConfiguration.document, with: vae.document, from: vae.place)
            weights[.vae] = vae.weights
        }
        try self.init(texts: texts, weights: weights, notes: notes)
    }
}

extension CheckpointOptions {
    fileprivate func checkFolder() throws(ConvertError) {
        if prediction != nil {
            throw .onlyForSingleFiles(
                option: "--prediction", instead: "scheduler/scheduler_config.json says it as prediction_type")
        }
        if averaged { throw .onlyForSingleFiles(option: "--ema", instead: "the weights are those that are there") }
    }
}
