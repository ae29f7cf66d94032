extension ExpectedTensors {
    /// diffusers' `UNet2DConditionModel` (models/unets/unet_2d_condition.py, unet_2d_blocks.py).
    package mutating func unet(_ config: UNetConfiguration) {
        let widths = config.blockOutChannels
        let first = widths[0]
        let last = widths[widths.count - 1]
        let time = first * 4
        convolution("unet.conv_in", config.inChannels, first)
        if let guidance = config.timeCondProjDim {
            linear("unet.time_embedding.cond_proj", guidance, first, bias: false)
        }
        linear("unet.time_embedding.linear_1", first, time)
        linear("unet.time_embedding.linear_2", time, time)

        var channels = first
        for (block, width) in widths.enumerated() {
            let name = "unet.down_blocks.\(block)"
            for layer in 0..<config.layersPerBlock[block] {
                resnet("\(name).resnets.\(layer)", channels, width, time: time)
                channels = width
                if config.downBlockTypes[block] == "CrossAttnDownBlock2D" {
                    transformer("\(name).attentions.\(layer)", width, config)
                }
            }
            if block < widths.count - 1 { convolution(name + ".downsamplers.0.conv", width, width) }
        }

        if config.hasMidBlock {
            resnet("unet.mid_block.resnets.0", last, last, time: time)
            transformer("unet.mid_block.attentions.0", last, config)
            resnet("unet.mid_block.resnets.1", last, last, time: time)
        }

        let reversed = Array(widths.reversed())
        for (block, width) in reversed.enumerated() {
            let name = "unet.up_blocks.\(block)"
            let next = reversed[min(block + 1, reversed.count - 1)]
            let layers = config.layersPerBlock[widths.count - 1 - block]
            for layer in 0...layers {
                // Each resnet also takes what the mirrored down block left: its last one, that block's input.
                let skip = layer == layers ? next : width
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
    private mutating func transformer(_ name: String, _ width: Int, _ config: UNetConfiguration) {
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
