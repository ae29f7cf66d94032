extension ExpectedTensors {
    /// diffusers' `AutoencoderTiny` (models/autoencoders/vae.py, `DecoderTiny` and `EncoderTiny`): the decoder, then the
    /// encoder. Each is one sequence of numbered layers, of which activations and doublings have no tensors.
    package mutating func tinyVAE(_ config: TinyVAEConfiguration) {
        let decoder = "tiny_vae.decoder.layers"
        let width = config.decoderWidths[0]
        convolution("\(decoder).0", config.latentChannels, width)
        var layer = 2
        for (stage, blocks) in config.decoderBlocks.enumerated() {
            tinyBlocks(decoder, &layer, blocks, width)
            if stage < config.decoderBlocks.count - 1 {
                parameter("\(decoder).\(layer + 1).weight", [width, width, 3, 3])
                layer += 2
            }
        }
        convolution("\(decoder).\(layer)", width, config.outChannels)
        tinyEncoder(config)
    }

    private mutating func tinyEncoder(_ config: TinyVAEConfiguration) {
        let encoder = "tiny_vae.encoder.layers"
        let width = config.encoderWidths[0]
        convolution("\(encoder).0", config.inChannels, width)
        var layer = 1
        for (stage, blocks) in config.encoderBlocks.enumerated() {
            if stage > 0 {
                parameter("\(encoder).\(layer).weight", [width, width, 3, 3])
                layer += 1
            }
            tinyBlocks(encoder, &layer, blocks, width)
        }
        convolution("\(encoder).\(layer)", width, config.latentChannels)
    }

    /// diffusers' `AutoencoderTinyBlock` (models/unets/unet_2d_blocks.py).
    private mutating func tinyBlocks(_ name: String, _ layer: inout Int, _ count: Int, _ width: Int) {
        for _ in 0..<count {
            for part in [0, 2, 4] { convolution("\(name).\(layer).conv.\(part)", width, width) }
            layer += 1
        }
    }
}
