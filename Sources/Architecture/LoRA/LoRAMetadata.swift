import Quant

/// What diffusers' `save_lora_weights` keeps of PEFT's settings in a file's metadata, under `lora_adapter_metadata`
/// (diffusers loaders/lora_base.py).
struct LoRAMetadata {
    private let file: String
    private let settings: [Component: Settings]

    private struct Settings {
        var alpha: Double?
        /// Of single layers, by the ends of their names.
        var alphaPattern: [String: Double]
        /// Kalajdzievski 2023, arXiv 2312.03732: alpha over the root of the rank.
        var isRankStabilized: Bool
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Document: Decodable {
        let settings: [Component: Settings]

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Name.self)
            settings = try Dictionary(
                uniqueKeysWithValues: [Component.textEncoder, .unet].map { component in
                    func key(_ name: String) -> Name { Name(stringValue: component.tensor(name)) }
                    let settings = Settings(
                        alpha: try values.decodeIfPresent(Double.self, forKey: key("lora_alpha")),
                        alphaPattern: try values.value(key("alpha_pattern"), default: [:]),
                        isRankStabilized: try values.value(key("use_rslora"), default: false))
                    return (component, settings)
                })
        }
    }

    /// - Throws: `FormatError.malformedJSON`
    init(_ file: SafetensorsFile) throws(FormatError) {
        self.file = file.path
        guard let text = file.metadata["lora_adapter_metadata"] else {
            settings = [:]
            return
        }
        settings = try decodeJSON(Document.self, from: Array(text.utf8), file: file.path).settings
    }

    /// alpha / rank for a layer.
    /// - Parameters:
    ///   - tensor: the name of its weights
    ///   - alpha: the one that is a tensor of the file
    /// - Throws: `LoRAError`
    func factor(of tensor: String, rank: Int, alpha: Float?) throws(LoRAError) -> Float {
        let component = Component.allCases.first { tensor.hasPrefix($0.tensor("")) }
        let settings = component.flatMap { self.settings[$0] }
        let layer = "." + tensor.dropLast(".weight".count)
        let pattern = settings?.alphaPattern.keys.sorted().first { layer.hasSuffix("." + Self.bare($0)) }
        let alpha = alpha.map(Double.init) ?? pattern.flatMap { settings?.alphaPattern[$0] } ?? settings?.alpha
        let divisor = settings?.isRankStabilized == true ? Double(rank).squareRoot() : Double(rank)
        let factor = Float((alpha ?? divisor) / divisor)
        guard factor.isFinite else {
            throw LoRAError(file, "the alpha of '\(tensor)' is \(alpha ?? 0), expected a common number")
        }
        return factor
    }

    /// The engine's names leave out transformers' `text_model.`; PEFT permits regular expressions.
    private static func bare(_ pattern: String) -> String {
        let pattern = pattern.hasPrefix("^") ? String(pattern.dropFirst()) : pattern
        return pattern.hasPrefix("text_model.") ? String(pattern.dropFirst("text_model.".count)) : pattern
    }
}
