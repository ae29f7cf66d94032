import Architecture
import Quant
import Terminal

/// Fetches a checkpoint, telling its licence first.
struct Checkpoint {
    let hub: Hub
    let workspace: Workspace
    let variant: Variant?
    let quiet: Bool

    /// The most bytes that a configuration, vocabulary or licence may have.
    private static let textLimit = 16 << 20

    /// - Parameter revision: of a repository; what the source itself names comes first
    /// - Returns: the folder, or the file, for sd-lite-convert
    /// - Throws: `PullError`, `FormatError`, `CancellationError` if the user interrupts
    func fetch(_ source: ModelSource, revision: String?) throws -> String {
        switch source {
        case .repository(let repository, let own):
            let info = try info(repository, own ?? revision)
            return try gated(repository, info) { try folder(repository, info) }
        case .file(let path, let repository, let own):
            let info = try info(repository, own ?? revision)
            return try gated(repository, info) { try file(path, repository, info) }
        case .address(let url):
            printError("\(oneLine(url)): nothing here tells the licence, or a checksum")
            let name = url.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last.map(String.init) ?? ""
            let path = "\(workspace.path)/\(name)"
            try run([Download(url: url, token: hub.token(for: url), path: path, byteCount: nil, sha256: nil)])
            return path
        }
    }

    private func info(_ repository: Repository, _ revision: String?) throws -> RepositoryInfo {
        let info = try hub.info(repository, revision: revision ?? "main", scratch: workspace.path + "/info.json")
        let licence = info.licence.map { "licence \($0)" } ?? "its card names no licence"
        printError("\(repository.name): \(licence), see \(hub.page(of: repository))")
        return info
    }

    /// Turns a refusal into the sentence on what to do.
    private func gated<Result>(
        _ repository: Repository, _ info: RepositoryInfo, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch PullError.http(_, status: 401), PullError.http(_, status: 403) {
            throw hub.denied(repository, isGated: info.isGated)
        }
    }

    private func folder(_ repository: Repository, _ info: RepositoryInfo) throws -> String {
        let files = try info.files(source: hub.page(of: repository))
        guard let index = files[PipelineConfiguration.document] else {
            let single = files.keys.filter { $0.hasSuffix(".safetensors") && !$0.contains("/") }.sorted().prefix(8)
            throw PullError.noCheckpoint(repository: repository.name, singleFiles: Array(single))
        }
        // A commit never changes, so that what an interrupted download left fits.
        let folder = try workspace.folder(info.sha + (variant.map { ".\($0.rawValue)" } ?? ""))
        func downloads(_ files: [RepositoryFile]) throws -> [Download] {
            try files.map { try download($0, as: "\(folder)/\($0.path)", repository, info) }
        }
        try fetch(texts: downloads([index]))
        let parts = try parts(in: folder, repository)
        let wanted = try CheckpointFiles(files, parts: parts, variant: variant, repository: repository)
        let texts = try downloads(wanted.texts)
        let weights = try downloads(wanted.weights)
        try announce(texts + weights)
        try fetch(texts: texts)
        // What the engine cannot run is not worth gigabytes.
        try checked(repository) { _ = try Configurations { try text($0, in: folder) } }
        try run(weights)
        return folder
    }

    private func file(_ path: String, _ repository: Repository, _ info: RepositoryInfo) throws -> String {
        guard let file = try info.files(source: hub.page(of: repository))[path],
            let name = path.split(separator: "/").last
        else {
            throw PullError.noSuchFile(repository: repository.name, file: path)
        }
        let local = try workspace.folder(info.sha) + "/\(name)"
        try run([download(file, as: local, repository, info)])
        return local
    }

    private func download(
        _ file: RepositoryFile, as path: String, _ repository: Repository, _ info: RepositoryInfo
    ) throws -> Download {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        let url = hub.address(of: file.path, in: repository, at: info.sha)
        return Download(
            url: url, token: hub.token(for: url), path: path, byteCount: file.byteCount, sha256: file.sha256)
    }

    /// - Throws: `PullError.tooLong` for what sd-lite-convert would refuse to read
    private func fetch(texts: [Download]) throws {
        if let large = texts.first(where: { ($0.byteCount ?? 0) > Self.textLimit }) {
            throw PullError.tooLong(url: large.url, expected: Self.textLimit)
        }
        try Downloads(list: texts).run(quiet: true)
    }

    private func run(_ list: [Download]) throws {
        try requireSpace(list)
        try Downloads(list: list).run(quiet: quiet)
    }

    private func announce(_ list: [Download]) throws {
        try requireSpace(list)
        guard !quiet else { return }
        printError("\(list.count) files, \(byteText(Downloads(list: list).byteCount))")
    }

    private func requireSpace(_ list: [Download]) throws {
        let needed = list.reduce(0) { $0 + $1.missingByteCount }
        guard let free = freeBytes(in: workspace.path), free < needed else { return }
        throw PullError.noSpace(folder: workspace.path, needed: needed, free: free)
    }

    /// The parts of the pipeline that its `model_index.json` names.
    private func parts(in folder: String, _ repository: Repository) throws -> Set<String> {
        let json = try text(PipelineConfiguration.document, in: folder)
        return try checked(repository) {
            _ = try PipelineConfiguration(json: json)
            let values = try decodeJSON([String: JSONValue].self, from: json, file: PipelineConfiguration.document)
            let parts = values.filter { name, value in
                guard case .texts(let names) = value, isPlainName(name) else { return false }
                return names.contains { $0 != nil }
            }
            return Set(parts.keys)
        }
    }

    private func text(_ name: String, in folder: String) throws -> [UInt8] {
        try readFile(path: "\(folder)/\(name)", limit: Self.textLimit)
    }

    private func checked<Result>(_ repository: Repository, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ConfigurationError {
            throw PullError.unsupported(repository: repository.name, document: error.document, reason: error.reason)
        }
    }
}
