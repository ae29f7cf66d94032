import Quant
import Terminal

/// Which file the user means by a model.
enum ModelChoice {
    /// - Parameter given: what `--model` says. Without it, `SDLITE_MODEL` counts, and then the only model of the models
    ///   folder.
    /// - Throws: `CommandError` that says how to choose, or to get, a model
    static func path(_ given: String?) throws(CommandError) -> String {
        if let given = given ?? environment("SDLITE_MODEL") { return try path(named: given) }
        let folder = ModelsFolder()
        let models = folder?.models ?? []
        guard let only = models.first, models.count == 1 else {
            throw .noModelChosen(folder: folder?.path, models: models.map(\.name))
        }
        printError("using \(oneLine(only.name)), the only model in \(oneLine(folder?.path ?? ""))")
        return only.path
    }

    /// - Parameter given: a file, or the name of a model in the models folder; a file comes first.
    /// - Throws: `CommandError` for what is neither, and for a checkpoint
    static func path(named given: String) throws(CommandError) -> String {
        if isRegularFile(given) {
            let isCheckpoint = [".safetensors", ".ckpt", ".pt", ".pth", ".bin"].contains { given.hasSuffix($0) }
            if isCheckpoint { throw .checkpointAsModel(given) }
            return given
        }
        let folder = ModelsFolder()
        let named = folder?.models(named: given) ?? []
        if named.count > 1 { throw .ambiguousModel(given, models: named.map(\.name)) }
        if let model = named.first { return model.path }
        if isRegularFile(given + "/model_index.json") { throw .checkpointAsModel(given) }
        if isFolder(given) { throw .folderAsModel(given) }
        // What looks like a file is reported as one that cannot be opened.
        if given.hasSuffix(".sdq") || given.hasPrefix("/") || given.hasPrefix(".") { return given }
        throw .unknownModel(given, folder: folder?.path, models: folder?.models.map(\.name) ?? [])
    }
}
