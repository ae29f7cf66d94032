/// The text encoder of an LDM file, told from its names and shapes: OpenAI's CLIP in Stable Diffusion 1, OpenCLIP in 2.
struct LDMTextEncoder {
    /// Who wrote its names.
    enum Spelling: String, CaseIterable {
        case transformers = "cond_stage_model.transformer.text_model."
        /// transformers since version 5, and some merged checkpoints.
        case bareTransformers = "cond_stage_model.transformer."
        case openCLIP = "cond_stage_model.model."

        fileprivate var tokens: String {
            rawValue + (self == .openCLIP ? "token_embedding.weight" : "embeddings.token_embedding.weight")
        }
        fileprivate var positions: String {
            rawValue + (self == .openCLIP ? "positional_embedding" : "embeddings.position_embedding.weight")
        }
        var layers: String { rawValue + (self == .openCLIP ? "transformer.resblocks." : "encoder.layers.") }
        fileprivate var feedForward: String { self == .openCLIP ? "mlp.c_fc.weight" : "mlp.fc1.weight" }
    }

    /// Stable Diffusion 2 takes what OpenCLIP's layer before the last gives: diffusers leaves out number 23.
    static let unusedLayer = 23

    let spelling: Spelling
    let vocabularySize: Int
    let positions: Int
    let width: Int
    let intermediateSize: Int
    let layers: Int

    init(_ file: LDMFile) throws(ConvertError) {
        let spellings = Spelling.allCases.filter { file.contains($0.tokens) }
        guard let spelling = spellings.first else {
            throw .badLayout(
                file: file.path,
                reason: "no text encoder: neither '\(Spelling.transformers.tokens)' nor "
                    + "'\(Spelling.openCLIP.tokens)' is there")
        }
        guard spellings.count == 1 else {
            let tokens = spellings.map { "'\($0.tokens)'" }.joined(separator: ", ")
            throw .badLayout(file: file.path, reason: "more than one text encoder: \(tokens)")
        }
        self.spelling = spelling
        let tokens = try file.shape(spelling.tokens, rank: 2)
        (vocabularySize, width) = (tokens[0], tokens[1])
        positions = try file.shape(spelling.positions, rank: 2)[0]
        intermediateSize = try file.shape("\(spelling.layers)0.\(spelling.feedForward)", rank: 2)[0]
        let stored = file.count(after: spelling.layers)
        layers = spelling == .openCLIP && stored == LDMTextEncoder.unusedLayer + 1 ? stored - 1 : stored
    }

    var names: LDMNames {
        var names = LDMNames(prefix: spelling.rawValue)
        guard spelling == .openCLIP else { return names }
        names.modules = [
            "embeddings.token_embedding": "token_embedding",
            "embeddings.position_embedding.weight": "positional_embedding", "final_layer_norm": "ln_final",
        ]
        for layer in 0..<layers {
            let (name, renamed) = ("encoder.layers.\(layer)", "transformer.resblocks.\(layer)")
            for (part, renamedPart) in [
                ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
                ("self_attn.out_proj", "attn.out_proj"),
            ] {
                names.modules["\(name).\(part)"] = "\(renamed).\(renamedPart)"
            }
            for (third, projection) in ["q_proj", "k_proj", "v_proj"].enumerated() {
                for part in ["weight", "bias"] {
                    names.thirds["\(name).self_attn.\(projection).\(part)"] = LDMNames.Name(
                        name: "\(renamed).attn.in_proj_\(part)", third: third)
                }
            }
        }
        return names
    }
}
