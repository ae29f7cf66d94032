/// What else safetensors files are known to hold, told from the names of their tensors as diffusers does
/// (loaders/single_file_utils.py).
enum OtherKinds {
    /// What a file is that cannot be converted; nil for a Stable Diffusion that can be, and for an unknown file.
    static func kind(of file: LDMFile) -> String? {
        for (tensor, kind) in tensors where file.contains(tensor) || file.contains(LDMUNet.prefix + tensor) {
            return kind
        }
        return file.contains(prefix: LDMUNet.prefix) ? otherUNet(file) : part(file)
    }

    /// Names that one kind of model alone has, with or without the U-Net's prefix.
    private static let tensors: KeyValuePairs = [
        "joint_blocks.0.context_block.adaLN_modulation.1.bias": "Stable Diffusion 3",
        "distilled_guidance_layer.in_proj.bias": "Chroma",
        "single_stream_modulation.lin.weight": "Flux 2",
        "double_blocks.0.img_attn.norm.key_norm.scale": "Flux",
        "clip_txt_mapper.weight": "Stable Cascade",
        "down_blocks.1.0.channelwise.0.weight": "Stable Cascade",
        "attention_y_norm.weight": "Sana",
        "y_embedder.y_embedding": "PixArt",
        "double_layers.0.attn.w1q.weight": "AuraFlow",
        "mlp_t5.0.weight": "Hunyuan-DiT",
        "txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias": "HunyuanVideo",
        "layers.0.adaLN_modulation.0.weight": "Z-Image",
        "cap_embedder.0.weight": "Lumina",
        "patchify_proj.weight": "LTX-Video",
        "blocks.0.attn.qkv_x.weight": "Mochi",
        "head.modulation": "Wan",
        "txt_in.text_norm.weight": "Qwen-Image",
        "transformer_blocks.0.img_mod.1.weight": "Qwen-Image",
        "double_stream_blocks.0.block.adaLN_modulation.1.bias": "HiDream",
        "edm_mean": "Playground 2.5",
    ]

    /// Models with a U-Net under the name that it has in Stable Diffusion 1 and 2.
    private static func otherUNet(_ file: LDMFile) -> String? {
        let prefixes: KeyValuePairs = [
            "conditioner.embedders.1.": "Stable Diffusion XL",
            "conditioner.embedders.0.": "the refiner of Stable Diffusion XL",
            "control_model.": "a ControlNet",
            "depth_model.": "Stable Diffusion 2 for depth maps",
            "embedder.model.": "Stable unCLIP",
            LDMUNet.prefix + "label_emb.0.": "Stable Diffusion XL",
            LDMUNet.prefix + "label_emb.": "the upscaler of Stable Diffusion",
        ]
        for (prefix, kind) in prefixes where file.contains(prefix: prefix) { return kind }
        let first = file.stored.entries[LDMUNet.prefix + "input_blocks.0.0.weight"]?.shape ?? []
        guard first.count == 4 else { return nil }
        return switch first[1] {
        case 5: "Stable Diffusion 2 for depth maps"
        case 7: "the upscaler of Stable Diffusion"
        case 8: "InstructPix2Pix"
        case 9: "Stable Diffusion for inpainting, with a mask and a picture beside the latents"
        default: nil
        }
    }

    /// Files that a whole checkpoint is used with, or parts of one.
    private static func part(_ file: LDMFile) -> String? {
        if file.stored.entries.keys.contains(where: isAdapter) { return "a LoRA, which changes a checkpoint" }
        let tensors: KeyValuePairs = [
            "emb_params": "a textual inversion",
            "controlnet_cond_embedding.conv_in.weight": "a ControlNet",
            "control_model.input_hint_block.0.weight": "a ControlNet",
            "input_hint_block.0.weight": "a ControlNet",
            "add_embedding.linear_1.weight": "the U-Net of Stable Diffusion XL",
            "down_blocks.0.motion_modules.0.temporal_transformer.norm.weight": "a motion module of AnimateDiff",
            "down_blocks.0.resnets.0.conv1.weight":
                "a U-Net in diffusers' names; convert the folder that model_index.json is in",
            "input_blocks.0.0.weight": "a U-Net alone",
            "text_model.embeddings.token_embedding.weight": "a text encoder alone",
            LDMTextEncoder.Spelling.transformers.rawValue + "embeddings.token_embedding.weight":
                "a text encoder alone",
            "shared.weight": "a text encoder alone",
            LDMVAE.prefix + "decoder.conv_in.weight": autoencoder,
            "decoder.conv_in.weight": autoencoder,
        ]
        for (tensor, kind) in tensors where file.contains(tensor) { return kind }
        return nil
    }

    private static let autoencoder = "an autoencoder alone, which --vae takes beside a checkpoint"

    /// By the names of kohya's tools, LyCORIS, peft and diffusers.
    private static func isAdapter(_ name: String) -> Bool {
        name.hasPrefix("lora_unet_") || name.hasPrefix("lora_te")
            || [".lora_A.", ".lora_down.", ".lora.down.", ".hada_w1_a", ".lokr_w1"].contains(where: name.contains)
    }
}
