import Architecture
import FoundationEssentials
import Quant

/// The weights of a component under the names of diffusers and transformers, old ones or new ones.
struct DiffusersWeights: NamedWeights {
    let component: Component
    let stored: SafetensorsCheckpoint

    init(_ component: Component, file: String) throws {
        self.component = component
        stored = try SafetensorsCheckpoint(path: file)
    }

    /// Those in a component's folder, in the order of preference: plain, sharded, the fp16 variant, that sharded.
    init(_ component: Component, folder: String) throws {
        let stem = component.weightsStem
        let names = [
            stem + ".safetensors", stem + ".safetensors.index.json", stem + ".fp16.safetensors",
            stem + ".safetensors.index.fp16.json",
        ]
        if let name = names.first(where: { isFile(folder + "/" + $0) }) {
            try self.init(component, file: folder + "/" + name)
            return
        }
        let others = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if let pickle = others.sorted().first(where: isPickle) {
            throw ConvertError.pickle(
                file: folder + "/" + pickle, omittedBy: component == .safetyChecker ? "--no-safety-checker" : nil)
        }
        throw ConvertError.missingFile(folder: folder, wanted: names[0])
    }

    func match(_ expected: [ExpectedTensors.Tensor]) throws -> [StoredTensor] {
        var names: [String: String] = [:]
        for name in stored.names.sorted() {
            guard let engineName = NameMap.engineName(name, component: component) else { continue }
            guard names.updateValue(name, forKey: engineName) == nil else {
                throw ConvertError.sameTensorTwice(file: stored.path, tensor: engineName)
            }
        }
        let missing = expected.filter { names[$0.name] == nil }
        if let first = missing.first {
            throw ConvertError.missingTensors(file: stored.path, first: first.name, count: missing.count)
        }
        let unknown = Set(names.keys).subtracting(expected.map(\.name)).sorted()
        if let first = unknown.first {
            throw ConvertError.unknownTensors(file: stored.path, first: names[first] ?? first, count: unknown.count)
        }
        return try expected.map { tensor in
            guard let name = names[tensor.name], let entry = stored.entry(name), let file = stored.file(name) else {
                throw ConvertError.missingTensors(file: stored.path, first: tensor.name, count: 1)
            }
            return try StoredTensor(tensor, in: file, entry)
        }
    }
}

/// Whether a file's name is that of one that Python's pickle wrote.
func isPickle(_ name: String) -> Bool {
    [".bin", ".ckpt", ".pt", ".pth"].contains { name.hasSuffix($0) }
}
