import Architecture

/// The weights of a component in an LDM file.
struct LDMWeights: NamedWeights {
    let file: LDMFile
    let component: Component
    let names: LDMNames
    /// What the names of its layers begin with: whatever else begins so makes another network of it.
    let layers: [String]
    /// The layers that are not used, by what their names begin with.
    var unusedLayers: [String] = []
    /// Take the averages over the training instead of the weights at its end.
    var averaged = false

    func match(_ expected: [ExpectedTensors.Tensor]) throws -> [StoredTensor] {
        let names = expected.map { self.names.name(of: String($0.name.dropFirst(component.tensor("").count))) }
        let missing = names.map { stored($0.name) }.filter { !file.contains($0) }
        if let first = missing.first {
            throw ConvertError.missingTensors(file: file.path, first: first, count: Set(missing).count)
        }
        let known = Set(names.map(\.name))
        let unknown = file.stored.entries.keys.filter { name in
            layers.contains(where: name.hasPrefix) && !unusedLayers.contains(where: name.hasPrefix)
                && !known.contains(name)
        }
        if let first = unknown.min() {
            throw ConvertError.unknownTensors(file: file.path, first: first, count: unknown.count)
        }
        return try zip(expected, names).map { tensor, name in
            guard let entry = file.stored.entries[stored(name.name)] else {
                throw ConvertError.missingTensors(file: file.path, first: stored(name.name), count: 1)
            }
            return try StoredTensor(tensor, in: file.stored, entry, third: name.third)
        }
    }

    /// LDM's `LitEma` leaves out the dots of the names and what stands before the first (ldm/modules/ema.py).
    private func stored(_ name: String) -> String {
        guard averaged else { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return LDMWeights.averages + parts.dropFirst().joined()
    }

    static let averages = "model_ema."
}

extension LDMWeights {
    init(_ file: LDMFile, _ text: LDMTextEncoder) {
        self.init(
            file: file, component: .textEncoder, names: text.names, layers: [text.spelling.layers],
            unusedLayers: ["\(LDMTextEncoder.Spelling.openCLIP.layers)\(LDMTextEncoder.unusedLayer)."])
    }

    init(_ file: LDMFile, _ unet: LDMUNet, averaged: Bool) {
        self.init(file: file, component: .unet, names: unet.names, layers: [LDMUNet.prefix], averaged: averaged)
    }

    init(_ file: LDMFile, _ vae: LDMVAE) {
        self.init(
            file: file, component: .vae, names: vae.names, layers: LDMVAE.parts.map { vae.prefix + $0 })
    }
}
