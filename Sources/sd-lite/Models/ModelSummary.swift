import Architecture
import Quant

/// A model of the models folder as `sd-lite models` shows it.
struct ModelSummary: Encodable {
    let name: String
    let bytes: Int
    /// Family, picture size and weights, or why the file cannot be used.
    let kind: String
    let file: String

    init(_ entry: ModelsFolder.Entry) {
        name = entry.name
        file = entry.path
        (bytes, kind) = Self.look(entry.path)
    }

    private static func look(_ path: String) -> (bytes: Int, kind: String) {
        do {
            let file = try WeightFile(path: path)
            return (file.byteCount, try kind(file))
        } catch let error as ConfigurationError {
            return (0, "not usable: \(error.document): \(error.reason)")
        } catch {
            return (0, "not usable: \(error)")
        }
    }

    private static func kind(_ file: WeightFile) throws -> String {
        let configurations = try Configurations { try file.document($0) }
        // The width of the texts' hidden states tells the families apart.
        let family = [768: "SD 1", 1024: "SD 2"][configurations.textEncoder.hiddenSize] ?? "miniature"
        let side = (configurations.unet.sampleSize ?? 64) * configurations.vae.scale
        let weights = file.header.tensors.contains { $0.scheme == .int8Panels } ? "int8" : "fp16"
        return "\(family), \(side)×\(side), \(weights)"
    }
}
