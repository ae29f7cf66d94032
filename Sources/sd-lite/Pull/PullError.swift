import Quant

/// What can go wrong with a download: one sentence each, which says what to do where there is something to do.
enum PullError: Error, CustomStringConvertible {
    case badSource(String)
    case pickle(String)
    case badEndpoint(String)
    case badToken(from: String)
    case cannotRun(program: String, reason: String)

    // What the server says
    case notFound(repository: String, revision: String, endpoint: String)
    /// 401 or 403.
    case denied(repository: Repository, endpoint: String, isGated: Bool, sentToken: Bool)
    case http(url: String, status: Int)
    case transfer(url: String, reason: String)
    /// The same, where another attempt may well succeed.
    case brokenOff(url: String, reason: String)
    case badAnswer(url: String, reason: String)
    case tooShort(url: String, expected: Int, found: Int)
    case tooLong(url: String, expected: Int)
    case wrongChecksum(file: String)

    // What the repository holds
    case noCheckpoint(repository: String, singleFiles: [String])
    case noSuchFile(repository: String, file: String)
    case noWeights(repository: String, component: String, wanted: String, isPickled: Bool)
    case noVariant(repository: String, variant: String)
    case unsupported(repository: String, document: String, reason: String)

    // This machine
    case cannotWrite(file: String, reason: String)
    case noSpace(folder: String, needed: Int, free: Int)
    case busy(folder: String)
    case notConverted(checkpoint: String)

    var description: String {
        switch self {
        case .badSource(let text):
            "\(oneLine(text)): expected OWNER/NAME as on Hugging Face, OWNER/NAME/FILE.safetensors, or the address of a "
                + ".safetensors file"
        case .pickle(let text):
            "\(oneLine(text)): pickled weights can run any code when they are opened and are not read; look for a "
                + ".safetensors file"
        case .badEndpoint(let text):
            "HF_ENDPOINT is '\(oneLine(text))', expected an address such as https://huggingface.co"
        case .badToken(let source):
            "\(oneLine(source)) holds no token: expected one line of letters, digits and punctuation"
        case .cannotRun(let program, let reason):
            "\(program), which sd-lite pull needs, cannot be run: \(reason)"
        case .notFound(let repository, let revision, let endpoint):
            "\(repository): there is no such model, or no revision '\(oneLine(revision))' of it, at \(endpoint)"
        case .denied(let repository, let endpoint, let isGated, let sentToken):
            Self.denial(repository, endpoint, isGated: isGated, sentToken: sentToken)
        case .http(let url, let status):
            "\(oneLine(url)): the server answers with status \(status)"
        case .transfer(let url, let reason):
            "\(oneLine(url)): \(oneLine(reason))"
        case .brokenOff(let url, let reason):
            "\(oneLine(url)): \(oneLine(reason)); what was fetched is kept, and running the command again goes on"
        case .badAnswer(let url, let reason):
            "\(oneLine(url)): not the answer of a model hub: \(oneLine(reason))"
        case .tooShort(let url, let expected, let found):
            "\(oneLine(url)): ends after \(found) bytes, \(expected) were announced"
        case .tooLong(let url, let expected):
            "\(oneLine(url)): has more than the \(expected) bytes that were announced or are permitted"
        case .wrongChecksum(let file):
            "\(oneLine(file)): what was fetched has the wrong checksum and was removed; run the command again"
        case .noCheckpoint(let repository, let singleFiles):
            "\(repository): has no model_index.json, so it is not in diffusers' layout"
                + (singleFiles.isEmpty
                    ? "" : "; single files there: " + singleFiles.map(oneLine).joined(separator: ", "))
        case .noSuchFile(let repository, let file):
            "\(repository): has no file \(oneLine(file))"
        case .noWeights(let repository, let component, let wanted, let isPickled):
            "\(repository): \(component)/\(wanted) is missing"
                + (isPickled ? "; there are only pickled weights, which are not read" : "")
        case .noVariant(let repository, let variant):
            "\(repository): has no \(variant) files; run the command without --variant"
        case .unsupported(let repository, let document, let reason):
            "\(repository): \(document): \(reason)"
        case .cannotWrite(let file, let reason):
            "\(oneLine(file)): cannot be written: \(reason)"
        case .noSpace(let folder, let needed, let free):
            "\(oneLine(folder)): \(byteText(needed)) are to be fetched, and \(byteText(free)) are free; SDLITE_MODELS may "
                + "name a folder elsewhere"
        case .busy(let folder):
            "another sd-lite pull is at work in \(oneLine(folder))"
        case .notConverted(let checkpoint):
            "not converted; the download is kept as \(oneLine(checkpoint))"
        }
    }

    private static func denial(
        _ repository: Repository, _ endpoint: String, isGated: Bool, sentToken: Bool
    ) -> String {
        let token = "a token from \(endpoint)/settings/tokens"
        return isGated
            ? "\(repository.name) is for those who accept its terms: do so at \(endpoint)/\(repository.name), then set "
                + "HF_TOKEN to \(token)" + (sentToken ? " of that account (the one that was sent does not do)" : "")
            : "\(repository.name): there is no such model at \(endpoint), or it is private"
                + (sentToken ? " and the token that was sent does not open it" : ": then set HF_TOKEN to \(token)")
    }
}
