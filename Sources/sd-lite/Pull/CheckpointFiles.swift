import Architecture
import ArgumentParser

/// Which weights of a repository that has several.
enum Variant: String, CaseIterable, ExpressibleByArgument {
    case fp16
}

/// The files of a repository that sd-lite-convert reads, under names that are safe to use here.
struct CheckpointFiles {
    /// Configurations, tokenizer, licence: small.
    let texts: [RepositoryFile]
    let weights: [RepositoryFile]

    /// - Parameters:
    ///   - files: all of the repository, by path
    ///   - parts: of the pipeline, as its `model_index.json` names them
    /// - Throws: `PullError.noWeights`, `.noVariant`
    init(_ files: [String: RepositoryFile], parts: Set<String>, variant: Variant?, repository: Repository) throws {
        let components = Component.allCases.filter { parts.contains($0.rawValue) }
        var (indices, weights): ([RepositoryFile], [RepositoryFile]) = ([], [])
        var hasVariant = false
        for component in components {
            guard let found = Self.weights(component, files, variant) else {
                let wanted = component.weightsStem + ".safetensors"
                let isPickled = files.keys.contains { $0.hasPrefix(component.rawValue + "/") && $0.hasSuffix(".bin") }
                throw PullError.noWeights(
                    repository: repository.name, component: component.rawValue, wanted: wanted, isPickled: isPickled)
            }
            indices += found.index.map { [$0] } ?? []
            weights += found.files
            hasVariant = hasVariant || found.isVariant
        }
        if let variant, !hasVariant {
            throw PullError.noVariant(repository: repository.name, variant: variant.rawValue)
        }
        texts = files.values.filter { Self.isText($0.path, parts) }.sorted { $0.path < $1.path } + indices
        self.weights = weights
    }

    private static func isText(_ path: String, _ parts: Set<String>) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        guard names.allSatisfy(isPlainName), let last = names.last else { return false }
        switch names.count {
        case 1:
            let upper = last.uppercased()
            return path == PipelineConfiguration.document || path == "README.md" || upper.hasPrefix("LICEN")
                || upper.hasPrefix("NOTICE")
        case 2:
            return parts.contains(String(names[0])) && (last.hasSuffix(".json") || last.hasSuffix(".txt"))
                && !last.contains(".index.")
        default:
            return false
        }
    }

    /// In the order in which sd-lite-convert looks for them, the variant that was asked for first.
    private static func weights(
        _ component: Component, _ files: [String: RepositoryFile], _ variant: Variant?
    ) -> (index: RepositoryFile?, files: [RepositoryFile], isVariant: Bool)? {
        let start = component.rawValue + "/" + component.weightsStem
        let fp16 = "." + Variant.fp16.rawValue
        for mark in variant == .fp16 ? [fp16, ""] : ["", fp16] {
            let isVariant = mark == fp16
            if let file = files["\(start)\(mark).safetensors"] { return (nil, [file], isVariant) }
            if let index = files["\(start).safetensors.index\(mark).json"] {
                let shards = files.values.filter { file in
                    file.path.hasPrefix("\(start)\(mark)-") && file.path.hasSuffix(".safetensors")
                        && isPlainName(file.path.dropFirst(component.rawValue.count + 1))
                }
                return (index, shards.sorted { $0.path < $1.path }, isVariant)
            }
        }
        return nil
    }
}
