/// The configurations of a pipeline and its networks, each sound and all fitting each other.
package struct Configurations: Sendable {
    package let pipeline: PipelineConfiguration
    package let textEncoder: TextEncoderConfiguration
    package let unet: UNetConfiguration
    package let vae: VAEConfiguration
    /// nil where there is none.
    package let tinyVAE: TinyVAEConfiguration?
    /// nil where there is none.
    package let safetyChecker: (network: SafetyCheckerConfiguration, images: ImageProcessorConfiguration)?

    /// - Parameters:
    ///   - has: whether there is a document of this name; asked about parts that the pipeline could do without
    ///   - read: gives the bytes of a document by its name, such as `unet/config.json`
    /// - Throws: `ConfigurationError`, and whatever `read` throws
    package init(
        has: (_ document: String) -> Bool = { _ in false }, read: (_ document: String) throws -> [UInt8]
    ) throws {
        pipeline = try PipelineConfiguration(json: read(PipelineConfiguration.document))
        textEncoder = try TextEncoderConfiguration(json: read(TextEncoderConfiguration.document))
        unet = try UNetConfiguration(json: read(UNetConfiguration.document))
        vae = try VAEConfiguration(json: read(VAEConfiguration.document))
        let tiny = TinyVAEConfiguration.document
        tinyVAE = has(tiny) ? try TinyVAEConfiguration(json: read(tiny)) : nil
        let isChecked =
            pipeline.optionalParts.contains(Component.safetyChecker.rawValue) && has(Component.safetyChecker.document)
        safetyChecker =
            isChecked
            ? (
                try SafetyCheckerConfiguration(json: read(SafetyCheckerConfiguration.document)),
                try ImageProcessorConfiguration(json: read(ImageProcessorConfiguration.document))
            ) : nil
        try checkFit()
    }

    /// The networks that there are.
    package var components: [Component] {
        Component.allCases.filter { component in
            switch component {
            case .textEncoder, .unet, .vae: true
            case .tinyVAE: tinyVAE != nil
            case .safetyChecker: safetyChecker != nil
            }
        }
    }

    /// The names of the documents that these were read from.
    package var documents: [String] {
        [PipelineConfiguration.document] + components.map(\.document)
            + (safetyChecker == nil ? [] : [ImageProcessorConfiguration.document])
    }

    /// Parts that the pipeline names and that are not here.
    package var leftOut: [String] {
        pipeline.optionalParts.filter { part in
            safetyChecker == nil || !["safety_checker", "feature_extractor"].contains(part)
        }
    }

    private func checkFit() throws(ConfigurationError) {
        let latents = "the autoencoder's latent_channels, \(vae.latentChannels)"
        try UNetConfiguration.require(
            unet.inChannels == vae.latentChannels,
            "in_channels is \(unet.inChannels), expected \(latents); models for inpainting are not supported")
        try UNetConfiguration.require(
            unet.outChannels == vae.latentChannels, "out_channels is \(unet.outChannels), expected \(latents)")
        try UNetConfiguration.require(
            unet.crossAttentionDim == textEncoder.hiddenSize,
            "cross_attention_dim is \(unet.crossAttentionDim), expected the text encoder's hidden_size, "
                + "\(textEncoder.hiddenSize)")
        if let tinyVAE {
            try TinyVAEConfiguration.require(
                tinyVAE.latentChannels == vae.latentChannels,
                "latent_channels is \(tinyVAE.latentChannels), expected \(latents)")
            try TinyVAEConfiguration.require(
                tinyVAE.scale == vae.scale,
                "num_decoder_blocks has \(tinyVAE.decoderBlocks.count) entries, expected as many as the autoencoder's "
                    + "block_out_channels, \(vae.blockOutChannels.count)")
        }
        if let (network, images) = safetyChecker {
            try ImageProcessorConfiguration.require(
                images.cropSize == network.vision.imageSize,
                "crop_size is \(images.cropSize), expected the safety checker's image_size, "
                    + "\(network.vision.imageSize)")
        }
    }

    /// The tensors of a component, in the order of their use.
    package func tensors(of component: Component) -> [ExpectedTensors.Tensor] {
        var expected = ExpectedTensors()
        switch component {
        case .textEncoder: expected.textEncoder(textEncoder)
        case .unet: expected.unet(unet)
        case .vae: expected.vae(vae)
        case .tinyVAE: if let tinyVAE { expected.tinyVAE(tinyVAE) }
        case .safetyChecker: if let safetyChecker { expected.safetyChecker(safetyChecker.network) }
        }
        return expected.list
    }
}
