import Quant

/// A model on the hub.
struct Repository: Equatable {
    /// `OWNER/NAME`.
    let name: String

    /// Nil for what cannot be the name of one.
    init?(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(isPlainName) else { return nil }
        self.name = name
    }
}

/// Whether a name from outside can safely be that of a file or folder: letters, digits, '.', '_', '-', and no '.' first.
func isPlainName(_ name: some StringProtocol) -> Bool {
    (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
        && name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
}

/// What the hub says about a repository at one commit: `GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`, which
/// huggingface_hub calls `model_info(files_metadata=True)`. One answer, unlike the pages of its list of files.
struct RepositoryInfo: Decodable {
    struct File: Decodable {
        struct LargeFile: Decodable {
            let sha256: String
        }
        let rfilename: String
        let size: Int?
        let lfs: LargeFile?
    }

    /// The commit.
    let sha: String
    let siblings: [File]
    private let cardData: Card?
    private let tags: [String]?
    private let gated: Gate?

    private struct Card: Decodable {
        let license: Words?
        let license_name: Words?
    }

    /// false, "auto" or "manual".
    private struct Gate: Decodable {
        let isClosed: Bool

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            isClosed = (try? value.decode(Bool.self)) ?? true
        }
    }

    /// A text or several; anything else is nothing, since whoever wrote the card may have written what they like.
    private struct Words: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            text = (try? value.decode(String.self)) ?? (try? value.decode([String].self).joined(separator: ", "))
        }
    }

    /// Whether it is given only to those who accept its terms.
    var isGated: Bool { gated?.isClosed ?? false }

    /// What the model card calls the licence; nil if it names none.
    var licence: String? {
        let tag = tags?.first { $0.hasPrefix("license:") }?.dropFirst("license:".count)
        let named = cardData?.license?.text ?? tag.map(String.init)
        let own = named == "other" ? cardData?.license_name?.text : nil
        return (own ?? named).map(oneLine)
    }

    /// The files by path, sound in form.
    /// - Parameter source: what an error names
    /// - Throws: `PullError.badAnswer`
    func files(source: String) throws(PullError) -> [String: RepositoryFile] {
        guard sha.utf8.count == 40, sha.allSatisfy(\.isHexDigit) else {
            throw .badAnswer(url: source, reason: "'sha' is no commit")
        }
        var files: [String: RepositoryFile] = [:]
        for file in siblings {
            let name = oneLine(file.rfilename)
            guard let size = file.size, (0...1 << 40).contains(size) else {
                throw .badAnswer(url: source, reason: "'\(name)' has no size, or an impossible one")
            }
            if let sum = file.lfs?.sha256, sum.utf8.count != 64 || !sum.allSatisfy(\.isHexDigit) {
                throw .badAnswer(url: source, reason: "'\(name)' has a checksum that is none")
            }
            files[file.rfilename] = RepositoryFile(
                path: file.rfilename, byteCount: size, sha256: file.lfs?.sha256.lowercased())
        }
        return files
    }
}

struct RepositoryFile {
    /// As the server has it, not yet to be trusted.
    let path: String
    let byteCount: Int
    /// Of files in large file storage, as all weights are.
    let sha256: String?
}
