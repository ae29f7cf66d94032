import Glibc

/// What the files of one run are called.
struct OutputNames {
    /// As the user gave it, ending in `.png` where pictures are concerned.
    let path: String

    init(_ path: String) { self.path = path }

    /// `picture-3.png`
    func numbered(_ number: Int) -> String { inserting("-\(number)") }

    /// `picture-grid.png`
    var grid: String { inserting("-grid") }

    private func inserting(_ suffix: String) -> String { path.dropLast(4) + suffix + path.suffix(4) }

    /// Finds out before the work begins that its result could not be written.
    func checkFolder() throws(CommandError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(folder, W_OK | X_OK) == 0 else {
            throw .outputFolder(file: path, reason: String(cString: strerror(errno)))
        }
    }
}
