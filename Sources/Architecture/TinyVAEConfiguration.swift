/// `config.json` of diffusers' `AutoencoderTiny` (models/autoencoders/autoencoder_tiny.py), an autoencoder distilled from
/// another one of the same latents (TAESD, github.com/madebyollin/taesd); absent keys take its defaults.
package struct TinyVAEConfiguration: ConfigurationDocument {
    package let inChannels: Int
    package let outChannels: Int
    package let latentChannels: Int
    /// One a stage, all equal: no layer changes the width between stages.
    package let encoderWidths: [Int]
    package let decoderWidths: [Int]
    /// Blocks of every stage, from pictures to latents.
    package let encoderBlocks: [Int]
    /// Blocks of every stage, from latents to pictures.
    package let decoderBlocks: [Int]
    /// What latents are multiplied by after encoding, and divided by before decoding.
    package let scalingFactor: Float
    private let shiftFactor: Float

    private enum CodingKeys: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", latentChannels = "latent_channels"
        case encoderWidths = "encoder_block_out_channels", decoderWidths = "decoder_block_out_channels"
        case encoderBlocks = "num_encoder_blocks", decoderBlocks = "num_decoder_blocks"
        case scalingFactor = "scaling_factor", shiftFactor = "shift_factor"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        inChannels = try values.value(.inChannels, default: 3)
        outChannels = try values.value(.outChannels, default: 3)
        latentChannels = try values.value(.latentChannels, default: 4)
        encoderWidths = try values.value(.encoderWidths, default: [64, 64, 64, 64])
        decoderWidths = try values.value(.decoderWidths, default: [64, 64, 64, 64])
        encoderBlocks = try values.value(.encoderBlocks, default: [1, 3, 3, 3])
        decoderBlocks = try values.value(.decoderBlocks, default: [3, 3, 3, 1])
        scalingFactor = try values.value(.scalingFactor, default: 1)
        shiftFactor = try values.value(.shiftFactor, default: 0)
    }

    /// Pixels per latent in each direction.
    package var scale: Int { 1 << (decoderBlocks.count - 1) }
}

extension TinyVAEConfiguration {
    package static let document = Component.tinyVAE.document

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        try requireClass("_class_name", values["_class_name"], "AutoencoderTiny")
        try requirePermitted(
            ["act_fn": .text("relu"), "upsample_fn": .text("nearest"), "upsampling_scaling_factor": .number(2)], values)
    }

    package func check() throws(ConfigurationError) {
        for (key, widths, blocks) in [
            ("encoder", encoderWidths, encoderBlocks), ("decoder", decoderWidths, decoderBlocks),
        ] {
            try Self.require(
                (1...8).contains(widths.count),
                "\(key)_block_out_channels has \(widths.count) entries, expected 1 to 8")
            for width in widths {
                try Self.require("an entry of \(key)_block_out_channels", width, in: 1...largestWidth)
                try Self.require(
                    width % 8 == 0 && width == widths[0],
                    "an entry of \(key)_block_out_channels is \(width), expected a multiple of 8 and all alike")
            }
            try Self.require(
                blocks.count == widths.count,
                "num_\(key)_blocks has \(blocks.count) entries, expected as many as \(key)_block_out_channels, "
                    + "\(widths.count)")
            for count in blocks { try Self.require("an entry of num_\(key)_blocks", count, in: 0...16) }
        }
        try Self.require(
            encoderBlocks.count == decoderBlocks.count,
            "num_encoder_blocks has \(encoderBlocks.count) entries, expected as many as num_decoder_blocks, "
                + "\(decoderBlocks.count)")
        try Self.require(inChannels == 3, "in_channels is \(inChannels), expected 3: red, green and blue")
        try Self.require(outChannels == 3, "out_channels is \(outChannels), expected 3: red, green and blue")
        try Self.require("latent_channels", latentChannels, in: 1...64)
        try Self.require("scaling_factor", scalingFactor, in: 0.001...1000)
        try Self.require(shiftFactor == 0, "shift_factor is \(shiftFactor), expected 0\(inVersions)")
    }
}
