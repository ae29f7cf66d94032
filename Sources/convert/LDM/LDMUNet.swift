/// The U-Net of an LDM file, told from its names and shapes.
struct LDMUNet {
    static let prefix = "model.diffusion_model."

    /// Latents that go in, with what else is joined to them.
    let inChannels: Int
    let outChannels: Int
    let widths: [Int]
    let layersPerBlock: Int
    let crossAttentionDim: Int
    let hasLinearProjections: Bool
    /// Which blocks attend to the prompt, in the order in which they are passed.
    let down: [Bool]
    let up: [Bool]

    init(_ file: LDMFile) throws(ConvertError) {
        func name(_ name: String) -> String { LDMUNet.prefix + name }
        // One block for conv_in, then for each level its layers and, but for the last, what halves the size.
        let blocks = file.count(after: name("input_blocks."))
        let halvings = (0..<blocks).filter { file.contains(name("input_blocks.\($0).0.op.weight")) }
        let stride = zip(halvings, [0] + halvings).map { $0 - $1 }.min() ?? blocks
        guard stride > 1 else {
            throw .badLayout(
                file: file.path, reason: "no levels of layers can be told from its \(blocks) input_blocks")
        }
        let levels = 0..<(blocks + stride - 1) / stride
        layersPerBlock = stride - 1
        for level in levels.dropFirst() {
            _ = try file.shape(name("input_blocks.\(level * stride).0.op.weight"), rank: 4)
        }
        var widths: [Int] = []
        for level in levels {
            let convolution = name("input_blocks.\(1 + level * stride).0.out_layers.3.weight")
            widths.append(try file.shape(convolution, rank: 4)[0])
        }
        self.widths = widths
        down = levels.map { file.contains(name("input_blocks.\(1 + $0 * stride).1.norm.weight")) }
        up = levels.map { file.contains(name("output_blocks.\($0 * stride).1.norm.weight")) }
        inChannels = try file.shape(name("input_blocks.0.0.weight"), rank: 4)[1]
        outChannels = try file.shape(name("out.2.weight"), rank: 4)[0]
        let attention = "middle_block.1."
        hasLinearProjections = try file.shape(name(attention + "proj_in.weight"), ranks: 2...4).count == 2
        crossAttentionDim = try file.shape(name(attention + "transformer_blocks.0.attn2.to_k.weight"), rank: 2)[1]
    }

    var names: LDMNames {
        var names = LDMNames(prefix: LDMUNet.prefix)
        func resnet(_ name: String, _ renamed: String) {
            for (part, renamedPart) in [
                ("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("time_emb_proj", "emb_layers.1"),
                ("norm2", "out_layers.0"), ("conv2", "out_layers.3"), ("conv_shortcut", "skip_connection"),
            ] {
                names.modules["\(name).\(part)"] = "\(renamed).\(renamedPart)"
            }
        }
        names.modules = [
            "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0",
            "time_embedding.linear_2": "time_embed.2", "mid_block.attentions.0": "middle_block.1",
            "conv_norm_out": "out.0", "conv_out": "out.2",
        ]
        resnet("mid_block.resnets.0", "middle_block.0")
        resnet("mid_block.resnets.1", "middle_block.2")
        for block in widths.indices {
            let down = 1 + block * (layersPerBlock + 1)
            for layer in 0..<layersPerBlock {
                resnet("down_blocks.\(block).resnets.\(layer)", "input_blocks.\(down + layer).0")
                names.modules["down_blocks.\(block).attentions.\(layer)"] = "input_blocks.\(down + layer).1"
            }
            names.modules["down_blocks.\(block).downsamplers.0.conv"] = "input_blocks.\(down + layersPerBlock).0.op"
            let up = block * (layersPerBlock + 1)
            for layer in 0...layersPerBlock {
                resnet("up_blocks.\(block).resnets.\(layer)", "output_blocks.\(up + layer).0")
                names.modules["up_blocks.\(block).attentions.\(layer)"] = "output_blocks.\(up + layer).1"
            }
            let place = self.up[block] ? 2 : 1
            names.modules["up_blocks.\(block).upsamplers.0.conv"] =
                "output_blocks.\(up + layersPerBlock).\(place).conv"
        }
        return names
    }
}
