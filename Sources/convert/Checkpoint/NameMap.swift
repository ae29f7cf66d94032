import Architecture

/// Names as diffusers and transformers write and wrote them → names as the engine knows them.
enum NameMap {
    /// The engine's name of a tensor in `component`, or nil for one that the engine does not need.
    static func engineName(_ name: String, component: Component) -> String? {
        switch component {
        case .textEncoder: textEncoder(name).map(component.tensor)
        case .unet, .tinyVAE: component.tensor(name)
        case .vae: component.tensor(renamedAttention(name))
        case .safetyChecker: safetyChecker(name).map(component.tensor)
        }
    }

    /// transformers wrote a `text_model.` prefix until version 5, and stored `position_ids` (0...76) until 4.31.
    private static func textEncoder(_ name: String) -> String? {
        let bare = name.hasPrefix("text_model.") ? String(name.dropFirst("text_model.".count)) : name
        return bare == "embeddings.position_ids" ? nil : bare
    }

    /// Here too, transformers wrote a prefix until version 5, behind that of the checker's own part.
    private static func safetyChecker(_ name: String) -> String? {
        let bare = name.hasPrefix("vision_model.vision_model.") ? String(name.dropFirst("vision_model.".count)) : name
        return bare == "vision_model.embeddings.position_ids" ? nil : bare
    }

    /// The attention of the autoencoder before diffusers 0.12.
    private static func renamedAttention(_ name: String) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 4] == "attentions",
            let renamed = oldAttention[parts[parts.count - 2]]
        else { return name }
        return (parts.dropLast(2) + [renamed] + parts.suffix(1)).joined(separator: ".")
    }

    private static let oldAttention: [Substring: Substring] = [
        "query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0",
    ]

    /// The shape that a stored tensor stands for: the autoencoder's attention may be stored as 1×1 convolutions.
    static func engineShape(_ shape: [Int], of name: String) -> [Int] {
        let projection = name.hasPrefix(Component.vae.tensor("")) && name.contains(".attentions.") && shape.count == 4
        return projection && shape.suffix(2) == [1, 1] ? Array(shape.prefix(2)) : shape
    }
}
