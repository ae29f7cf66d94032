import FoundationEssentials
import Glibc

/// The folder of the models that go by a name: `NAME.sdq` or `OWNER/NAME.sdq`.
struct ModelsFolder {
    struct Entry {
        /// `NAME` or `OWNER/NAME`.
        let name: String
        let path: String
    }

    let path: String

    /// `$SDLITE_MODELS`, else `sd-lite/models` where the XDG Base Directory Specification wants a user's data; nil where
    /// nothing tells the user's home.
    init?() {
        if let given = environment("SDLITE_MODELS") {
            path = given
        } else if let data = environment("XDG_DATA_HOME"), data.hasPrefix("/") {
            path = data + "/sd-lite/models"
        } else if let home = environment("HOME") {
            path = home + "/.local/share/sd-lite/models"
        } else {
            return nil
        }
    }

    /// Every model in the folder, sorted by name.
    var models: [Entry] {
        let top = Self.names(in: path)
        let owned = top.flatMap { owner in Self.names(in: "\(path)/\(owner)").map { "\(owner)/\($0)" } }
        let files = (top + owned).filter { $0.hasSuffix(".sdq") && isRegularFile("\(path)/\($0)") }
        return files.map { Entry(name: String($0.dropLast(4)), path: "\(path)/\($0)") }.sorted { $0.name < $1.name }
    }

    /// The model that is called so, or else those of any owner whose name this is.
    func models(named name: String) -> [Entry] {
        let name = name.hasSuffix(".sdq") ? String(name.dropLast(4)) : name
        let models = models
        let same = models.filter { $0.name == name }
        return same.isEmpty ? models.filter { $0.name.hasSuffix("/" + name) } : same
    }

    private static func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }
    }
}

func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
