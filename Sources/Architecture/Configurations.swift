/// The configurations of a pipeline and its networks, each sound and all fitting each other.
package struct Configurations: Sendable {
    package let pipeline: PipelineConfiguration
    package let textEncoder: TextEncoderConfiguration
    package let unet: UNetConfiguration
    package let vae: VAEConfiguration

    /// - Parameter read: gives the bytes of a document by its name, such as `unet/config.json`
    /// - Throws: `ConfigurationError`, and whatever `read` throws
    package init(read: (_ document: String) throws -> [UInt8]) throws {
        pipeline = try PipelineConfiguration(json: read(PipelineConfiguration.document))
        textEncoder = try TextEncoderConfiguration(json: read(TextEncoderConfiguration.document))
        unet = try UNetConfiguration(json: read(UNetConfiguration.document))
        vae = try VAEConfiguration(json: read(VAEConfiguration.document))
        try checkFit()
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
    }

    /// The tensors of a component, in the order of their use.
    package func tensors(of component: Component) -> [ExpectedTensors.Tensor] {
        var expected = ExpectedTensors()
        switch component {
        case .textEncoder: expected.textEncoder(textEncoder)
        case .unet: expected.unet(unet)
        case .vae: expected.vae(vae)
        }
        return expected.list
    }
}
