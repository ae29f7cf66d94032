import Architecture
import Quant

/// One line about one component, from its configuration in the file.
struct ArchitectureFact {
    let component: String
    let fact: String

    /// - Throws: `FormatError` if a document is damaged, `CommandError` if it is no configuration that the engine runs
    static func all(in file: WeightFile) throws -> [ArchitectureFact] {
        var facts: [ArchitectureFact] = []
        if let text = try configuration(TextEncoderConfiguration.self, file) {
            facts.append(
                .init(
                    component: Component.textEncoder.rawValue,
                    fact: "\(text.layers) layers, \(text.hiddenSize) channels, \(text.heads) heads"))
        }
        if let unet = try configuration(UNetConfiguration.self, file) {
            let trained = unet.sampleSize.map { ", trained on \($0)×\($0) latents" } ?? ""
            let layers = Set(unet.layersPerBlock).count == 1 ? "\(unet.layersPerBlock[0])" : "\(unet.layersPerBlock)"
            let kind =
                (unet.hasMidBlock ? "" : ", no mid block") + (unet.timeCondProjDim == nil ? "" : ", told guidance")
            facts.append(
                .init(
                    component: Component.unet.rawValue,
                    fact: "channels \(unet.blockOutChannels), \(layers) layers a block, "
                        + "context \(unet.crossAttentionDim)" + kind + trained))
        }
        if let vae = try configuration(VAEConfiguration.self, file) {
            facts.append(
                .init(
                    component: Component.vae.rawValue,
                    fact: "channels \(vae.blockOutChannels), \(vae.latentChannels) latent channels, "
                        + "scaling \(vae.scalingFactor)"))
        }
        if let tiny = try configuration(TinyVAEConfiguration.self, file) {
            facts.append(
                .init(
                    component: Component.tinyVAE.rawValue,
                    fact: "\(tiny.decoderWidths[0]) channels, blocks \(tiny.decoderBlocks) to decode, "
                        + "\(tiny.encoderBlocks) to encode"))
        }
        if let vision = try configuration(SafetyCheckerConfiguration.self, file)?.vision {
            facts.append(
                .init(
                    component: Component.safetyChecker.rawValue,
                    fact: "\(vision.layers) layers, \(vision.hiddenSize) channels, \(vision.heads) heads, "
                        + "looks at \(vision.imageSize)×\(vision.imageSize) pixels"))
        }
        let scheduler = "scheduler/scheduler_config.json"
        if file.hasDocument(scheduler) {
            let values = try decodeJSON(
                Scheduler.self, from: file.document(scheduler), file: "\(file.path): \(scheduler)",
                pythonNumbers: true)
            facts.append(
                .init(
                    component: "scheduler",
                    fact: oneLine(
                        "\(values._class_name ?? "unnamed"), predicts \(values.prediction_type ?? "epsilon")")))
        }
        let older = try configuration(PipelineConfiguration.self, file)?.recommendation
        if let recommendation = try configuration(Recommendation.self, file) ?? older, !recommendation.isEmpty {
            facts.append(.init(component: "defaults", fact: oneLine(recommendation.description)))
        }
        return facts
    }

    private static func configuration<Document: ConfigurationDocument>(
        _ type: Document.Type, _ file: WeightFile
    ) throws -> Document? {
        guard file.hasDocument(type.document) else { return nil }
        do {
            return try type.init(json: file.document(type.document))
        } catch let error as ConfigurationError {
            throw CommandError.badDocument(file: file.path, document: error.document, reason: error.reason)
        }
    }

    private struct Scheduler: Decodable {
        let _class_name: String?
        let prediction_type: String?
    }
}
