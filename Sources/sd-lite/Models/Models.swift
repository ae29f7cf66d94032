import ArgumentParser
import FoundationEssentials
import Quant
import Terminal

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models that --model knows by name.",
        discussion: """
            They are the .sdq files in the models folder, which is $SDLITE_MODELS or else sd-lite/models in \
            $XDG_DATA_HOME or ~/.local/share; sd-lite pull puts them there, and so may you. OWNER/NAME.sdq goes by \
            OWNER/NAME, and by NAME alone if that is clear.
            """)

    @Flag(help: "Print them as JSON, on one line, instead.")
    var json = false

    func run() throws {
        guard let folder = ModelsFolder() else { throw CommandError.noModelsFolder }
        let models = folder.models.map(ModelSummary.init)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(models), as: UTF8.self))
        } else if models.isEmpty {
            printError("no models in \(oneLine(folder.path)); sd-lite pull OWNER/NAME gets one from Hugging Face")
        } else {
            print(Self.table(models))
        }
    }

    private static func table(_ models: [ModelSummary]) -> String {
        let rows =
            [["NAME", "SIZE", "KIND", "FILE"]]
            + models.map { [oneLine($0.name), byteText($0.bytes), oneLine($0.kind), oneLine($0.file)] }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let columns = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return (columns + [row[3]]).joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }
}
