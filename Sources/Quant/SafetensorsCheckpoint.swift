/// The tensors of a model that is stored as one safetensors file, or as several with an index
/// (`….safetensors.index.json`, whose `weight_map` says which tensor is in which file).
package struct SafetensorsCheckpoint: Sendable {
    package let path: String
    private let tensors: [String: (file: SafetensorsFile, entry: SafetensorsEntry)]

    package var names: [String] { Array(tensors.keys) }

    /// - Throws: the `FormatError` of the first rule that the file, the index or a shard breaks.
    package init(path: String) throws(FormatError) {
        self.path = path
        var tensors: [String: (file: SafetensorsFile, entry: SafetensorsEntry)] = [:]
        if path.hasSuffix(".json") {
            let map = try decodeJSON(
                Index.self, from: readFile(path: path, limit: SafetensorsFile.headerLimit), file: path
            ).weight_map
            let folder = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)
            for shard in Set(map.values).sorted() {
                guard !shard.isEmpty, !shard.contains("/"), !shard.utf8.contains(0), shard != ".", shard != ".."
                else { throw .badShardName(file: path, shard: shard) }
                let file = try SafetensorsFile(path: (path.contains("/") ? String(folder) : "") + shard)
                for (name, entry) in file.entries {
                    guard map[name] == shard else { throw .notInIndex(file: file.path, tensor: name) }
                    tensors[name] = (file, entry)
                }
            }
            for name in map.keys.sorted() where tensors[name] == nil {
                throw .missingTensor(file: path, tensor: name)
            }
        } else {
            let file = try SafetensorsFile(path: path)
            for (name, entry) in file.entries { tensors[name] = (file, entry) }
        }
        self.tensors = tensors
    }

    package func entry(_ name: String) -> SafetensorsEntry? { tensors[name]?.entry }

    /// The file that holds a tensor.
    package func file(_ name: String) -> SafetensorsFile? { tensors[name]?.file }

    private struct Index: Decodable {
        let weight_map: [String: String]
    }
}
