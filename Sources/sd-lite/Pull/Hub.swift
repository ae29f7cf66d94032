import Quant
import Terminal

/// Hugging Face, or what stands in for it, as huggingface_hub finds it.
struct Hub {
    /// Without a slash at the end.
    let endpoint: String
    private let token: String?

    /// An answer to be decoded has at most so many bytes.
    private static let answerLimit = 16 << 20

    /// - Throws: `PullError.badEndpoint`, `.badToken`
    init() throws {
        var endpoint = environment("HF_ENDPOINT") ?? "https://huggingface.co"
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        guard isAddress(endpoint) else { throw PullError.badEndpoint(endpoint) }
        self.endpoint = endpoint
        token = try Self.token()
    }

    /// The token for an address: that of the hub, for addresses of the hub.
    func token(for url: String) -> String? { url.hasPrefix(endpoint + "/") ? token : nil }

    /// What people look at.
    func page(of repository: Repository) -> String { "\(endpoint)/\(repository.name)" }

    /// Where a file of a repository is.
    func address(of path: String, in repository: Repository, at commit: String) -> String {
        let path = path.split(separator: "/").map(percentEncoded).joined(separator: "/")
        return "\(page(of: repository))/resolve/\(percentEncoded(commit))/\(path)"
    }

    /// - Parameter scratch: a file to write the answer to, which goes away again
    /// - Throws: `PullError`
    func info(_ repository: Repository, revision: String, scratch: String) throws -> RepositoryInfo {
        let url = "\(endpoint)/api/models/\(repository.name)/revision/\(percentEncoded(revision))?blobs=true"
        defer { try? removeFile(scratch) }
        try? removeFile(scratch)
        let curl = Curl(url: url, token: token, output: scratch, resumes: false, limit: Self.answerLimit)
        let answer = try curl.run { try checkInterruption() }
        switch (answer.status, answer.httpStatus) {
        case (0, _):
            break
        case (22, 404):
            throw PullError.notFound(repository: repository.name, revision: revision, endpoint: endpoint)
        case (22, 401), (22, 403):
            throw denied(repository, isGated: false)
        case (22, let status):
            throw PullError.http(url: url, status: status)
        case (Curl.Answer.tooLong, _):
            throw PullError.tooLong(url: url, expected: Self.answerLimit)
        default:
            throw PullError.transfer(url: url, reason: answer.message)
        }
        let bytes = try readFile(path: scratch, limit: Self.answerLimit)
        do {
            return try decodeJSON(RepositoryInfo.self, from: bytes)
        } catch {
            throw PullError.badAnswer(url: url, reason: error.reason)
        }
    }

    func denied(_ repository: Repository, isGated: Bool) -> PullError {
        .denied(repository: repository, endpoint: endpoint, isGated: isGated, sentToken: token != nil)
    }

    /// Where huggingface_hub looks for it.
    private static func token() throws -> String? {
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let token = environment(name) { return try checked(token, from: name) }
        }
        let cache = environment("XDG_CACHE_HOME") ?? environment("HOME").map { $0 + "/.cache" }
        guard let home = environment("HF_HOME") ?? cache.map({ $0 + "/huggingface" }) else { return nil }
        let file = home + "/token"
        guard isRegularFile(file) else { return nil }
        return try checked(String(decoding: readFile(path: file, limit: 1 << 16), as: UTF8.self), from: file)
    }

    private static func checked(_ text: String, from source: String) throws -> String {
        let token = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard (1...1000).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw PullError.badToken(from: source)
        }
        return token
    }
}

/// Whether this can be the address of something on the web.
func isAddress(_ text: String) -> Bool {
    (text.hasPrefix("https://") || text.hasPrefix("http://"))
        && text.utf8.count <= 4096 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}

/// RFC 3986, with everything encoded that may be.
private func percentEncoded(_ text: some StringProtocol) -> String {
    text.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            String(UnicodeScalar(byte))
        default:
            "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }.joined()
}
