/// What is to be pulled.
enum ModelSource: Equatable {
    /// A checkpoint in diffusers' layout.
    case repository(Repository, revision: String?)
    /// A single-file checkpoint in a repository.
    case file(String, in: Repository, revision: String?)
    /// A single-file checkpoint anywhere.
    case address(String)

    /// - Parameters:
    ///   - text: `OWNER/NAME`, `OWNER/NAME/FILE.safetensors`, an address of the hub that is copied from a browser, or
    ///     any other address of such a file
    ///   - endpoint: the hub's address
    /// - Throws: `PullError.badSource`, `.pickle`
    init(_ text: String, endpoint: String) throws(PullError) {
        let bare = String(text.prefix { $0 != "?" && $0 != "#" })
        if [".ckpt", ".pt", ".pth", ".bin"].contains(where: bare.hasSuffix) { throw .pickle(text) }
        let isOnHub = bare.hasPrefix(endpoint + "/")
        let path = isOnHub ? String(bare.dropFirst(endpoint.count + 1)) : bare
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if isAddress(path) {
            guard path.hasSuffix(".safetensors"), isPlainName(parts[parts.count - 1]), isAddress(text) else {
                throw .badSource(text)
            }
            self = .address(text)
            return
        }
        guard parts.count >= 2, let repository = Repository(parts[0] + "/" + parts[1]) else { throw .badSource(text) }
        // OWNER/NAME/blob/REVISION/FILE is what a browser shows, …/resolve/… what its download button leads to.
        let hasRevision = isOnHub && parts.count >= 4 && ["tree", "blob", "resolve"].contains(parts[2])
        let revision = hasRevision ? parts[3] : nil
        let inside = parts.dropFirst(hasRevision ? 4 : 2)
        if inside.isEmpty {
            self = .repository(repository, revision: revision)
        } else if path.hasSuffix(".safetensors"), inside.last.map(isPlainName) == true {
            self = .file(inside.joined(separator: "/"), in: repository, revision: revision)
        } else {
            throw .badSource(text)
        }
    }

    /// Where it comes from, if that is known.
    var repository: Repository? {
        switch self {
        case .repository(let repository, _), .file(_, let repository, _): repository
        case .address: nil
        }
    }

    /// What the model is called in the models folder.
    var modelName: String {
        func stem(_ path: String) -> String { String(path.split(separator: "/").last?.dropLast(12) ?? "") }
        return switch self {
        case .repository(let repository, _): repository.name
        case .file(let path, let repository, _):
            repository.name.prefix { $0 != "/" } + "/" + stem(path)
        case .address(let url): stem(String(url.prefix { $0 != "?" && $0 != "#" }))
        }
    }
}
