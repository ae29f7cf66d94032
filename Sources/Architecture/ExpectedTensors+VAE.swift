extension ExpectedTensors {
    /// diffusers' `AutoencoderKL` (models/autoencoders/vae.py): the decoder, which every picture needs, then the
    /// encoder.
    package mutating func vae(_ config: VAEConfiguration) {
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
