import Glibc
import Quant

/// What the files of one run are called.
struct OutputFiles {
    let pictures: [String]
    /// The contact sheet.
    let grid: String?
    let latents: String?

    /// - Parameters:
    ///   - output: the picture's name, ending in `.png`; several pictures are numbered, `picture-1.png` and so on. Not
    ///     given, it is the first of `picture.png`, `picture-2.png`, … under which nothing would be overwritten
    ///   - grid: also a contact sheet, if there are several pictures
    init(output: String?, count: Int, grid: Bool, latents: String?) {
        var files = Self(stem: String((output ?? "picture.png").dropLast(4)), count: count, grid: grid, latents)
        var number = 2
        while output == nil, files.wouldOverwritePictures {
            files = Self(stem: "picture-\(number)", count: count, grid: grid, latents)
            number += 1
        }
        self = files
    }

    private init(stem: String, count: Int, grid: Bool, _ latents: String?) {
        pictures = count == 1 ? ["\(stem).png"] : (1...count).map { "\(stem)-\($0).png" }
        self.grid = grid && count > 1 ? "\(stem)-grid.png" : nil
        self.latents = latents
    }

    var all: [String] { pictures + [grid, latents].compactMap { $0 } }

    private var wouldOverwritePictures: Bool {
        var status = stat()
        return (pictures + [grid].compactMap { $0 }).contains { lstat($0, &status) == 0 }
    }

    /// Finds out before the work begins that its results could not be written.
    func checkWritable() throws(FormatError) {
        for file in all { try Quant.checkWritable(path: file) }
    }
}
