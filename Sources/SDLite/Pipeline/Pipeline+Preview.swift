extension Pipeline {
    /// What makes previews of latents, for loops of one's own; `generate` makes them if `GenerationOptions.previewEvery`
    /// says so.
    /// - Throws: `CancellationError`
    public func previewer() throws -> Previewer {
        try compute.exclusively { try Previewer(vae: vae, tinyVAE: tinyVAE) }
    }
}
