extension LoRA {
    /// Reads a safetensors file in the spelling of kohya's tools, diffusers, PEFT or OneTrainer into memory.
    /// - Parameters:
    ///   - path: the file
    ///   - model: the model that it is for, or one of the same architecture
    ///   - scale: how much of it is added
    /// - Throws: `FormatError` if its bytes are unsound, `ModelError.badLoRA` if it is no LoRA for this model,
    ///   `MachineError` if there is no room for it
    public init(path: String, model: Model, scale: Float = 1) throws {
        try self.init(path: path, model.configurations, scale: scale)
    }
}
