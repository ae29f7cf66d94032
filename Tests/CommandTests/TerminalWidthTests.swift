import Foundation
import TestFiles
import Testing

/// Both programs on a terminal of a given width.
struct TerminalWidthTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [80, 40, 12] as [UInt16])
    func theProgressFitsOnOneLine(columns: UInt16) throws {
        let model = try TinyModel.path()
        let checkpoint = try TinyModel.copyCheckpoint(to: folder)
        let commands = [
            ("sd-lite", ["generate", "a cat", "--model", model, "--steps", "20", "-o", folder.path("p.png")]),
            ("sd-lite", ["inspect", model, "--verify"]),
            ("sd-lite-convert", [checkpoint, "-o", folder.path("model.sdq")]),
        ]
        for (name, arguments) in commands {
            let text = try Program.errorsOnTerminal(name, arguments, columns: columns)
            let drawn = text.replacing("\u{1b}[K", with: "").split { $0.isNewline }
            #expect(!drawn.isEmpty)
            for line in drawn { #expect(line.count < columns, "\(line)") }
            #expect(columns == 12 || drawn.contains { $0.contains("[##") }, "\(text)")
        }
    }
}
