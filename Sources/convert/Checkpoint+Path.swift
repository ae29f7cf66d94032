import Architecture
import Terminal

/// What somebody may know better than a checkpoint, or wants other than it has it.
struct CheckpointOptions {
    /// Another autoencoder: a folder or a file.
    var vae: String?
    /// A tiny autoencoder to be stored besides: a folder or a file.
    var tinyVAE: String?
    /// Of a single file: what its U-Net predicts.
    var prediction: Prediction?
    /// Of a single file: take the averages over the training.
    var averaged = false
    /// Convert the safety checker, if there is one.
    var safetyChecker = true
    /// `OWNER/NAME` on Hugging Face, by which its recommendations may be known.
    var repository: String?
    /// How the model is to be painted with; what it leaves open, the checkpoint or its name may tell.
    var recommendation = Recommendation()
    /// Folded into the weights.
    var loras: [LoRAArgument] = []
}

extension Checkpoint {
    /// Reads all but the values of a diffusers folder or a single file.
    /// - Throws: `ConvertError`, `FormatError`
    init(path: String, options: CheckpointOptions = CheckpointOptions()) throws {
        let vae = try options.vae.map(Autoencoder.init)
        let tinyVAE = try options.tinyVAE.map(TinyAutoencoder.init)
        guard !isPickle(path) || !isFile(path) else { throw ConvertError.pickle(file: path) }
        let names = [options.repository, withoutSlash(path)].compactMap { $0 }
        let file =
            isFile(path)
            ? try SingleFile(
                path: path, averaged: options.averaged, prediction: options.prediction,
                isTurbo: KnownModels.isTurbo(names: names), hasOtherVAE: vae != nil) : nil
        if file == nil { try options.checkFolder() }
        var texts = try file?.texts ?? CheckpointTexts(folder: path)
        if let vae { texts.replace(VAEConfiguration.document, with: vae.document, from: vae.place) }
        if let tinyVAE { texts.replace(TinyVAEConfiguration.document, with: tinyVAE.document, from: tinyVAE.place) }
        let configurations = try texts.configurations(safetyChecker: options.safetyChecker)
        var weights = file?.weights ?? [:]
        if file == nil {
            var others: Set<Component> = []
            if vae != nil { others.insert(.vae) }
            if tinyVAE != nil { others.insert(.tinyVAE) }
            for component in configurations.components where !others.contains(component) {
                weights[component] = try DiffusersWeights(component, folder: texts.path(component.rawValue))
            }
        }
        if let vae { weights[.vae] = vae.weights }
        if let tinyVAE { weights[.tinyVAE] = tinyVAE.weights }
        let known = KnownModels.recommendation(
            names: names + [configurations.pipeline.origin].compactMap { $0 }, unet: configurations.unet)
        let recommendation = options.recommendation.completed(by: configurations.pipeline.recommendation)
            .completed(by: known)
        let note = known.isEmpty ? [] : ["this model is known to want \(known); by default it gets \(recommendation)"]
        try self.init(
            texts: texts, configurations: configurations, recommendation: recommendation, weights: weights,
            notes: (file?.notes ?? []) + note)
        for lora in options.loras { try fold(lora) }
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
