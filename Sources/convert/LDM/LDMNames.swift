/// diffusers' and transformers' names of a component's tensors → those in an LDM file.
struct LDMNames {
    /// Where an LDM file has the values of a tensor.
    struct Name {
        var name: String
        /// Which third of the rows, where three tensors are stored as one.
        var third: Int?
    }

    /// What every name begins with, such as `model.diffusion_model.`.
    let prefix: String
    /// Modules that are called otherwise, such as `down_blocks.0.resnets.0.conv1`; what they hold keeps its name.
    var modules: [String: String] = [:]
    /// Tensors that are a third of another one.
    var thirds: [String: Name] = [:]

    func name(of tensor: String) -> Name {
        if let third = thirds[tensor] { return Name(name: prefix + third.name, third: third.third) }
        var module = tensor[...]
        while true {
            if let renamed = modules[String(module)] {
                return Name(name: prefix + renamed + tensor[module.endIndex...])
            }
            guard let dot = module.lastIndex(of: ".") else { return Name(name: prefix + tensor) }
            module = module[..<dot]
        }
    }
}
