/// The texts that a single file lacks, as the folders of Stable Diffusion 1.4 and 2.1 have them. What the tensors tell is
/// taken from them, the rest from the version.
enum SingleFileTexts {
    static func pipeline(_ sampling: Sampling, _ version: Version) -> String {
        """
        {
          "_class_name": "StableDiffusionPipeline",
          "feature_extractor": [null, null],
          "requires_safety_checker": false,
          "safety_checker": [null, null],
          "scheduler": ["diffusers", "\(schedulerClass(sampling, version))"],
          "text_encoder": ["transformers", "CLIPTextModel"],
          "tokenizer": ["transformers", "CLIPTokenizer"],
          "unet": ["diffusers", "UNet2DConditionModel"],
          "vae": ["diffusers", "AutoencoderKL"]
        }
        """
    }

    static func unet(_ unet: LDMUNet, _ sampling: Sampling, _ version: Version) -> String {
        let heads = version == .one ? "8" : "\(unet.widths.map { $0 / 64 })"
        return """
            {
              "_class_name": "UNet2DConditionModel",
              "act_fn": "silu",
              "attention_head_dim": \(heads),
              "block_out_channels": \(unet.widths),
              "center_input_sample": false,
              "cross_attention_dim": \(unet.crossAttentionDim),
              "down_block_types": \(unet.down.map { $0 ? "CrossAttnDownBlock2D" : "DownBlock2D" }),
              "downsample_padding": 1,
              "flip_sin_to_cos": true,
              "freq_shift": 0,
              "in_channels": \(unet.inChannels),
              "layers_per_block": \(unet.layersPerBlock),
              "mid_block_scale_factor": 1,
              "norm_eps": 1e-05,
              "norm_num_groups": 32,
              "out_channels": \(unet.outChannels),
              "sample_size": \(pictureSize(sampling, version) / 8),
              "up_block_types": \(unet.up.map { $0 ? "CrossAttnUpBlock2D" : "UpBlock2D" }),
              "use_linear_projection": \(unet.hasLinearProjections)
            }
            """
    }

    /// - Parameter pictureSize: pixels per side that it was trained for
    static func vae(_ vae: LDMVAE, pictureSize: Int = 512) -> String {
        """
        {
          "_class_name": "AutoencoderKL",
          "act_fn": "silu",
          "block_out_channels": \(vae.widths),
          "down_block_types": \(vae.widths.map { _ in "DownEncoderBlock2D" }),
          "in_channels": 3,
          "latent_channels": \(vae.latentChannels),
          "layers_per_block": \(vae.layersPerBlock),
          "norm_num_groups": 32,
          "out_channels": 3,
          "sample_size": \(pictureSize),
          "scaling_factor": 0.18215,
          "up_block_types": \(vae.widths.map { _ in "UpDecoderBlock2D" })
        }
        """
    }

    static func textEncoder(_ text: LDMTextEncoder, _ version: Version) -> String {
        """
        {
          "architectures": ["CLIPTextModel"],
          "attention_dropout": 0.0,
          "bos_token_id": 0,
          "eos_token_id": 2,
          "hidden_act": "\(version == .one ? "quick_gelu" : "gelu")",
          "hidden_size": \(text.width),
          "intermediate_size": \(text.intermediateSize),
          "layer_norm_eps": 1e-05,
          "max_position_embeddings": \(text.positions),
          "model_type": "clip_text_model",
          "num_attention_heads": \(text.width / 64),
          "num_hidden_layers": \(text.layers),
          "pad_token_id": 1,
          "vocab_size": \(text.vocabularySize)
        }
        """
    }

    static func scheduler(_ sampling: Sampling, _ version: Version) -> String {
        // What the article on them asks for besides; other schedulers that take these settings over keep their own.
        let zeroTerminalSNR = sampling.zeroTerminalSNR ? "\n  \"rescale_betas_zero_snr\": true," : ""
        let trailing =
            sampling.zeroTerminalSNR || sampling.isTurbo ? "\n  \"timestep_spacing\": \"trailing\"," : ""
        return """
            {
              "_class_name": "\(schedulerClass(sampling, version))",
              "beta_end": 0.012,
              "beta_schedule": "scaled_linear",
              "beta_start": 0.00085,
              "clip_sample": false,
              "num_train_timesteps": 1000,
              "prediction_type": "\(sampling.prediction == .v ? "v_prediction" : "epsilon")",\(zeroTerminalSNR)\(trailing)
              "set_alpha_to_one": false,
              "skip_prk_steps": true,
              "steps_offset": 1,
              "trained_betas": null
            }
            """
    }

    /// PNDM does not know rescaled betas; 2.1 comes with DDIM as well.
    private static func schedulerClass(_ sampling: Sampling, _ version: Version) -> String {
        if sampling.isTurbo { return "EulerDiscreteScheduler" }
        return sampling.zeroTerminalSNR || version == .two && sampling.prediction == .v
            ? "DDIMScheduler" : "PNDMScheduler"
    }

    /// Of the models that predict the velocity, 2.0 and 2.1 make larger pictures.
    static func pictureSize(_ sampling: Sampling, _ version: Version) -> Int {
        version == .two && sampling.prediction == .v ? 768 : 512
    }

    /// Stable Diffusion 2 fills prompts up with "!", which is token 0.
    static func tokenizer(_ version: Version) throws -> [String: [UInt8]] {
        let tokens = [("bos_token", "start"), ("eos_token", "end"), ("unk_token", "end")].map { name, token in
            """
              "\(name)": {
                "content": "<|\(token)oftext|>",
                "lstrip": false,
                "normalized": true,
                "rstrip": false,
                "single_word": false
              }
            """
        }.joined(separator: ",\n")
        let config = """
            {
              "add_prefix_space": false,
              "do_lower_case": true,
              "errors": "replace",
              "model_max_length": 77,
              "pad_token": "<|endoftext|>",
              "tokenizer_class": "CLIPTokenizer",
            \(tokens)
            }
            """
        let special = """
            {
              "pad_token": "\(version == .one ? "<|endoftext|>" : "!")",
            \(tokens)
            }
            """
        return [
            "tokenizer/vocab.json": try CLIPVocabulary.vocabulary(),
            "tokenizer/merges.txt": CLIPVocabulary.merges,
            "tokenizer/tokenizer_config.json": Array(config.utf8),
            "tokenizer/special_tokens_map.json": Array(special.utf8),
        ]
    }
}
