/// The autoencoder of an LDM file, or of a file with diffusers' names and no configuration, told from names and shapes.
struct LDMVAE {
    static let prefix = "first_stage_model."
    /// What the names of its tensors go on with.
    static let parts = ["encoder.", "decoder.", "quant_conv.", "post_quant_conv."]

    let prefix: String
    let latentChannels: Int
    let widths: [Int]
    let layersPerBlock: Int

    /// - Parameters:
    ///   - prefix: what its names begin with
    ///   - blocks: what LDM calls `down`, with a block's resnets `block`
    init(_ file: LDMFile, prefix: String, blocks: String = "down", resnets: String = "block") throws(ConvertError) {
        self.prefix = prefix
        let level = "\(prefix)encoder.\(blocks)."
        let levels = file.count(after: level)
        guard (1...8).contains(levels) else {
            throw .badLayout(
                file: file.path, reason: "the autoencoder has \(levels) levels (\(level)0, …), expected 1 to 8")
        }
        var widths: [Int] = []
        for index in 0..<levels {
            widths.append(try file.shape("\(level)\(index).\(resnets).0.conv1.weight", rank: 4)[0])
        }
        self.widths = widths
        layersPerBlock = file.count(after: "\(level)0.\(resnets).")
        latentChannels = try file.shape(prefix + "decoder.conv_in.weight", rank: 4)[1]
    }

    var names: LDMNames {
        var names = LDMNames(prefix: prefix)
        func resnet(_ name: String, _ renamed: String) {
            names.modules[name] = renamed
            names.modules[name + ".conv_shortcut"] = renamed + ".nin_shortcut"
        }
        for half in ["encoder", "decoder"] {
            resnet(half + ".mid_block.resnets.0", half + ".mid.block_1")
            resnet(half + ".mid_block.resnets.1", half + ".mid.block_2")
            for (part, renamed) in [
                ("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out"),
            ] {
                names.modules["\(half).mid_block.attentions.0.\(part)"] = "\(half).mid.attn_1.\(renamed)"
            }
            names.modules[half + ".conv_norm_out"] = half + ".norm_out"
        }
        for block in widths.indices {
            for layer in 0..<layersPerBlock {
                resnet("encoder.down_blocks.\(block).resnets.\(layer)", "encoder.down.\(block).block.\(layer)")
            }
            names.modules["encoder.down_blocks.\(block).downsamplers.0.conv"] =
                "encoder.down.\(block).downsample.conv"
            // LDM numbers the decoder's blocks by their size, diffusers in the order of their use.
            let up = widths.count - 1 - block
            for layer in 0...layersPerBlock {
                resnet("decoder.up_blocks.\(block).resnets.\(layer)", "decoder.up.\(up).block.\(layer)")
            }
            names.modules["decoder.up_blocks.\(block).upsamplers.0.conv"] = "decoder.up.\(up).upsample.conv"
        }
        return names
    }
}
