/// The names of tensors in LoRA files → the layers that they are for. Written by kohya's tools
/// (`lora_unet_down_blocks_0_….lora_down.weight`), diffusers (`unet.down_blocks.0.….lora.down.weight`, before that
/// `….processor.to_q_lora.down.weight`), PEFT (`….lora_A.weight`) or OneTrainer (`lora_unet.down_blocks.0.…`).
struct LoRANames {
    enum Role { case down, up, alpha }

    /// The model's weights by every spelling of their layer, with underscores for dots.
    private var tensors: [String: String] = [:]

    init(_ expected: [ExpectedTensors.Tensor]) {
        for tensor in expected where tensor.shape.count > 1 && !tensor.name.contains(".embeddings.") {
            let layer = String(tensor.name.dropLast(".weight".count))
            for spelling in Self.spellings(layer) { tensors[Self.underscored(spelling)] = tensor.name }
        }
    }

    /// The weights that a tensor is for; nil if there are none.
    func find(_ name: String) -> (tensor: String, role: Role)? {
        for (ending, role) in Self.endings where name.hasSuffix(ending) {
            let layer = name.dropLast(ending.count).replacing(".processor.", with: ".")
            if let tensor = tensors[Self.underscored(layer)] { return (tensor, role) }
        }
        return nil
    }

    private static let endings: [(String, Role)] = [
        (".lora_down.weight", .down), (".lora_up.weight", .up), (".lora.down.weight", .down),
        (".lora.up.weight", .up), (".lora_A.weight", .down), (".lora_B.weight", .up),
        (".lora_A.default.weight", .down), (".lora_B.default.weight", .up),
        (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
        ("_lora.down.weight", .down), ("_lora.up.weight", .up), (".alpha", .alpha),
    ]

    /// - Parameter layer: such as `unet.conv_in`
    private static func spellings(_ layer: String) -> [String] {
        let prefixes: [String]
        let name: Substring
        if layer.hasPrefix(Component.unet.tensor("")) {
            name = layer.dropFirst(Component.unet.tensor("").count)
            prefixes = ["lora_unet.", "unet.", ""]
        } else {
            name = layer.dropFirst(Component.textEncoder.tensor("").count)
            prefixes = ["lora_te.text_model.", "lora_te.", "text_encoder.text_model.", "text_encoder."]
        }
        return prefixes.flatMap { prefix in oldAttention(name).map { prefix + $0 } }
    }

    /// diffusers' attention processors called the projections of both networks alike.
    private static func oldAttention(_ name: Substring) -> [String] {
        let names = [
            ".to_out.0": ".to_out", ".self_attn.q_proj": ".self_attn.to_q", ".self_attn.k_proj": ".self_attn.to_k",
            ".self_attn.v_proj": ".self_attn.to_v", ".self_attn.out_proj": ".self_attn.to_out",
        ]
        let old = names.first { name.hasSuffix($0.key) }
        return [String(name)] + (old.map { [name.dropLast($0.key.count) + $0.value] } ?? [])
    }

    private static func underscored(_ name: some StringProtocol) -> String {
        String(name.map { $0 == "." ? "_" : $0 })
    }

    /// What a tensor tells of if it is one of other methods or models; nil if it does not tell.
    static func foreignKind(_ name: String) -> String? {
        let name = ".\(name)."
        return foreign.first { name.contains($0.part) }?.kind
    }

    private static let foreign: [(part: String, kind: String)] = [
        (".hada_", "of a LoHa"), (".lokr_", "of a LoKr"), (".oft_", "of an OFT"), (".boft_", "of a BOFT"),
        (".on_input", "of an (IA)³"), (".a1.weight", "of a GLoRA"), (".dora_scale", "of a DoRA"),
        (".lora_magnitude_vector", "of a DoRA"), (".lora_mid.", "of a convolution in three parts (CP decomposition)"),
        (".diff.", "a whole difference"), (".diff_b.", "a whole difference"), (".w_norm.", "a whole difference"),
        (".b_norm.", "a whole difference"), (".lora_B.bias.", "a bias"), (".lora_B.default.bias.", "a bias"),
        (".bundle_emb.", "an embedding"), (".lora_te1_", "for Stable Diffusion XL"),
        (".lora_te2_", "for Stable Diffusion XL"), (".lora_te1.", "for Stable Diffusion XL"),
        (".lora_te2.", "for Stable Diffusion XL"), (".text_encoder_2.", "for Stable Diffusion XL"),
        (".lora_te3", "for Stable Diffusion 3"),
        // Stable Diffusion 1 and 2 have one block in each transformer.
        ("transformer_blocks_1_", "for Stable Diffusion XL"), ("transformer_blocks.1.", "for Stable Diffusion XL"),
        ("single_transformer_blocks", "for Flux"), ("double_blocks", "for Flux"),
        ("joint_blocks", "for Stable Diffusion 3"),
    ]
}
