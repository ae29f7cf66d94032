import FoundationEssentials
import Quant

/// One line about one component, from its configuration in the file.
struct ArchitectureFact {
    let component: String
    let fact: String

    /// - Throws: `FormatError` if a document is damaged, `CommandError` if it is no configuration
    static func all(in file: WeightFile) throws -> [ArchitectureFact] {
        var facts: [ArchitectureFact] = []
        if let text = try configuration(TextEncoder.self, "text_encoder/config.json", file) {
            facts.append(
                .init(
                    component: "text_encoder",
                    fact: "\(text.num_hidden_layers ?? 12) layers, \(text.hidden_size ?? 512) channels, "
                        + "\(text.num_attention_heads ?? 8) heads"))
        }
        if let unet = try configuration(UNet.self, "unet/config.json", file) {
            let trained = unet.sample_size.map { ", trained on \($0)×\($0) latents" } ?? ""
            facts.append(
                .init(
                    component: "unet",
                    fact: "channels \(unet.block_out_channels ?? [320, 640, 1280, 1280]), "
                        + "\(unet.layers_per_block ?? 2) layers a block, context \(unet.cross_attention_dim ?? 1280)"
                        + trained))
        }
        if let vae = try configuration(VAE.self, "vae/config.json", file) {
            facts.append(
                .init(
                    component: "vae",
                    fact: "channels \(vae.block_out_channels ?? [64]), \(vae.latent_channels ?? 4) latent channels, "
                        + "scaling \(vae.scaling_factor ?? 0.18215)"))
        }
        if let scheduler = try configuration(Scheduler.self, "scheduler/scheduler_config.json", file) {
            facts.append(
                .init(
                    component: "scheduler",
                    fact: "\(scheduler._class_name ?? "unnamed"), predicts \(scheduler.prediction_type ?? "epsilon")"))
        }
        return facts
    }

    private static func configuration<T: Decodable>(_ type: T.Type, _ name: String, _ file: WeightFile) throws -> T? {
        guard file.hasDocument(name) else { return nil }
        let bytes = try file.document(name)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch is DecodingError {
            throw CommandError.badDocument(file: file.path, document: name)
        }
    }

    private struct TextEncoder: Decodable {
        let num_hidden_layers: Int?
        let hidden_size: Int?
        let num_attention_heads: Int?
    }

    private struct UNet: Decodable {
        let block_out_channels: [Int]?
        let layers_per_block: Int?
        let cross_attention_dim: Int?
        let sample_size: Int?
    }

    private struct VAE: Decodable {
        let block_out_channels: [Int]?
        let latent_channels: Int?
        let scaling_factor: Double?
    }

    private struct Scheduler: Decodable {
        let _class_name: String?
        let prediction_type: String?
    }
}
