import Foundation
import Testing

@testable import SDLite

enum Conversion {
    /// A checkpoint folder's model, through the program that users run. The file is gone, but stays mapped.
    static func model(of checkpoint: URL, weights: String) throws -> Model {
        let file = FileManager.default.temporaryDirectory.appending(path: "sd-lite-\(UUID()).sdq")
        defer { try? FileManager.default.removeItem(at: file) }
        let converter = Process()
        converter.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "sd-lite-convert")
        converter.arguments = [checkpoint.path(), "-o", file.path(), "--weights", weights]
        converter.standardOutput = FileHandle.nullDevice
        try converter.run()
        converter.waitUntilExit()
        try #require(converter.terminationStatus == 0, "sd-lite-convert failed")
        return try Model(path: file.path())
    }
}
