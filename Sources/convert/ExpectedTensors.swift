/// The tensors of an architecture in the order in which the engine uses them: names as diffusers and transformers give
/// them, under the prefix of their component, with their shapes.
struct ExpectedTensors {
    struct Tensor: Equatable {
        let name: String
        let shape: [Int]
    }

    private(set) var list: [Tensor] = []

    mutating func parameter(_ name: String, _ shape: [Int]) {
        list.append(Tensor(name: name, shape: shape))
    }

    /// Weight and bias of a norm over `channels`.
    mutating func norm(_ name: String, _ channels: Int) {
        parameter(name + ".weight", [channels])
        parameter(name + ".bias", [channels])
    }

    /// `[outputs, inputs]`
    mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true) {
        parameter(name + ".weight", [outputs, inputs])
        if bias { parameter(name + ".bias", [outputs]) }
    }

    /// `[outputs, inputs, size, size]`
    mutating func convolution(_ name: String, _ inputs: Int, _ outputs: Int, size: Int = 3) {
        parameter(name + ".weight", [outputs, inputs, size, size])
        parameter(name + ".bias", [outputs])
    }

    /// diffusers' `ResnetBlock2D` (models/resnet.py); without `time` it is one of the autoencoder.
    mutating func resnet(_ name: String, _ inputs: Int, _ outputs: Int, time: Int? = nil) {
        norm(name + ".norm1", inputs)
        convolution(name + ".conv1", inputs, outputs)
        if let time { linear(name + ".time_emb_proj", time, outputs) }
        norm(name + ".norm2", outputs)
        convolution(name + ".conv2", outputs, outputs)
        if inputs != outputs { convolution(name + ".conv_shortcut", inputs, outputs, size: 1) }
    }
}

extension ExpectedTensors {
    /// transformers' `CLIPTextModel` without its `text_model.` prefix (models/clip/modeling_clip.py).
    mutating func textEncoder(_ config: TextEncoderConfig) {
        let width = config.hiddenSize
        parameter("text_encoder.embeddings.token_embedding.weight", [config.vocabularySize, width])
        parameter("text_encoder.embeddings.position_embedding.weight", [config.positions, width])
        for layer in 0..<config.layers {
            let name = "text_encoder.encoder.layers.\(layer)"
            norm(name + ".layer_norm1", width)
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                linear("\(name).self_attn.\(projection)", width, width)
            }
            norm(name + ".layer_norm2", width)
            linear(name + ".mlp.fc1", width, config.intermediateSize)
            linear(name + ".mlp.fc2", config.intermediateSize, width)
        }
        norm("text_encoder.final_layer_norm", width)
    }
}

extension ExpectedTensors {
    /// diffusers' `UNet2DConditionModel` (models/unets/unet_2d_condition.py, unet_2d_blocks.py).
    mutating func unet(_ config: UNetConfig) {
        let widths = config.blockOutChannels
        let first = widths[0]
        let last = widths[widths.count - 1]
        let time = first * 4
        convolution("unet.conv_in", config.inChannels, first)
        linear("unet.time_embedding.linear_1", first, time)
        linear("unet.time_embedding.linear_2", time, time)

        var channels = first
        for (block, width) in widths.enumerated() {
            let name = "unet.down_blocks.\(block)"
            for layer in 0..<config.layersPerBlock {
                resnet("\(name).resnets.\(layer)", channels, width, time: time)
                channels = width
                if config.downBlockTypes[block] == "CrossAttnDownBlock2D" {
                    transformer("\(name).attentions.\(layer)", width, config)
                }
            }
            if block < widths.count - 1 { convolution(name + ".downsamplers.0.conv", width, width) }
        }

        resnet("unet.mid_block.resnets.0", last, last, time: time)
        transformer("unet.mid_block.attentions.0", last, config)
        resnet("unet.mid_block.resnets.1", last, last, time: time)

        let reversed = Array(widths.reversed())
        for (block, width) in reversed.enumerated() {
            let name = "unet.up_blocks.\(block)"
            let next = reversed[min(block + 1, reversed.count - 1)]
            for layer in 0...config.layersPerBlock {
                // Each resnet also takes what the mirrored down block left: its last one, that block's input.
                let skip = layer == config.layersPerBlock ? next : width
                resnet("\(name).resnets.\(layer)", channels + skip, width, time: time)
                channels = width
                if config.upBlockTypes[block] == "CrossAttnUpBlock2D" {
                    transformer("\(name).attentions.\(layer)", width, config)
                }
            }
            if block < widths.count - 1 { convolution(name + ".upsamplers.0.conv", width, width) }
        }
        norm("unet.conv_norm_out", first)
        convolution("unet.conv_out", first, config.outChannels)
    }

    /// diffusers' `Transformer2DModel` with one `BasicTransformerBlock` (models/attention.py).
    private mutating func transformer(_ name: String, _ width: Int, _ config: UNetConfig) {
        func projection(_ part: String) {
            if config.useLinearProjection {
                linear(name + part, width, width)
            } else {
                convolution(name + part, width, width, size: 1)
            }
        }
        norm(name + ".norm", width)
        projection(".proj_in")
        let block = name + ".transformer_blocks.0"
        for (index, context) in [(1, width), (2, config.crossAttentionDim)] {
            norm("\(block).norm\(index)", width)
            linear("\(block).attn\(index).to_q", width, width, bias: false)
            linear("\(block).attn\(index).to_k", context, width, bias: false)
            linear("\(block).attn\(index).to_v", context, width, bias: false)
            linear("\(block).attn\(index).to_out.0", width, width)
        }
        norm(block + ".norm3", width)
        linear(block + ".ff.net.0.proj", width, width * 8)
        linear(block + ".ff.net.2", width * 4, width)
        projection(".proj_out")
    }
}

extension ExpectedTensors {
    /// diffusers' `AutoencoderKL` (models/autoencoders/vae.py): the decoder, which every picture needs, then the
    /// encoder.
    mutating func vae(_ config: VAEConfig) {
        let widths = config.blockOutChannels
        let last = widths[widths.count - 1]
        let latent = config.latentChannels

        convolution("vae.post_quant_conv", latent, latent, size: 1)
        convolution("vae.decoder.conv_in", latent, last)
        middle("vae.decoder.mid_block", last)
        var channels = last
        for (block, width) in widths.reversed().enumerated() {
            let name = "vae.decoder.up_blocks.\(block)"
            for layer in 0...config.layersPerBlock {
                resnet("\(name).resnets.\(layer)", channels, width)
                channels = width
            }
            if block < widths.count - 1 { convolution(name + ".upsamplers.0.conv", width, width) }
        }
        norm("vae.decoder.conv_norm_out", channels)
        convolution("vae.decoder.conv_out", channels, config.outChannels)

        channels = widths[0]
        convolution("vae.encoder.conv_in", config.inChannels, channels)
        for (block, width) in widths.enumerated() {
            let name = "vae.encoder.down_blocks.\(block)"
            for layer in 0..<config.layersPerBlock {
                resnet("\(name).resnets.\(layer)", channels, width)
                channels = width
            }
            if block < widths.count - 1 { convolution(name + ".downsamplers.0.conv", width, width) }
        }
        middle("vae.encoder.mid_block", last)
        norm("vae.encoder.conv_norm_out", last)
        convolution("vae.encoder.conv_out", last, latent * 2)
        convolution("vae.quant_conv", latent * 2, latent * 2, size: 1)
    }

    private mutating func middle(_ name: String, _ width: Int) {
        resnet(name + ".resnets.0", width, width)
        norm(name + ".attentions.0.group_norm", width)
        for projection in ["to_q", "to_k", "to_v", "to_out.0"] {
            linear("\(name).attentions.0.\(projection)", width, width)
        }
        resnet(name + ".resnets.1", width, width)
    }
}
