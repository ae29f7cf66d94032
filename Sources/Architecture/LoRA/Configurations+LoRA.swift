extension Configurations {
    /// Reads a LoRA for this pipeline, all but the values.
    /// - Throws: `FormatError`, `LoRAError`
    package func lora(path: String) throws -> LoRAFile {
        try LoRAFile(path: path, expected: tensors(of: .textEncoder) + tensors(of: .unet))
    }
}
