import Quant

/// A safetensors file whose tensors may be named as CompVis' latent-diffusion (LDM) names its modules: what its names
/// and shapes say.
struct LDMFile {
    let stored: SafetensorsFile

    var path: String { stored.path }

    func contains(_ name: String) -> Bool { stored.entries[name] != nil }

    func contains(prefix: String) -> Bool { stored.entries.keys.contains { $0.utf8.starts(with: prefix.utf8) } }

    /// The shape of a tensor that an architecture is told from.
    /// - Parameter ranks: how many dimensions it may have
    /// - Throws: `ConvertError.missingTensors`, `.badLayout`
    func shape(_ name: String, ranks: ClosedRange<Int>) throws(ConvertError) -> [Int] {
        guard let shape = stored.entries[name]?.shape else {
            throw .missingTensors(file: path, first: name, count: 1)
        }
        guard ranks.contains(shape.count) else {
            throw .badLayout(
                file: path, reason: "tensor '\(name)' has the shape \(brief(shape)), expected rank \(ranks.upperBound)")
        }
        return shape
    }

    func shape(_ name: String, rank: Int) throws(ConvertError) -> [Int] { try shape(name, ranks: rank...rank) }

    /// One more than the largest number that follows `prefix` in a name; 0 if none does. Numbers from 1000 on are no
    /// numbers of layers.
    func count(after prefix: String) -> Int {
        let numbers = stored.entries.keys.lazy.filter { $0.utf8.starts(with: prefix.utf8) }.compactMap { name in
            Int(name.dropFirst(prefix.count).prefix { $0 != "." }).flatMap { (0..<1000).contains($0) ? $0 : nil }
        }
        return numbers.max().map { $0 + 1 } ?? 0
    }
}
