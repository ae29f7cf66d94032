import ArgumentParser
import FoundationEssentials
import Quant
import SDLite
import Terminal

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a model file holds, and check it.")

    @Argument(help: "The model: an .sdq file, or a name that sd-lite models lists.")
    var model: String

    @Flag(help: "List every tensor: name, shape, scheme, bytes.")
    var tensors = false

    @Flag(help: "Check the checksum of every tensor and document.")
    var verify = false

    @Flag(help: "Print the file's own JSON header, on one line, instead.")
    var json = false

    func run() throws {
        Interruption.watch()
        let file = try WeightFile(path: ModelChoice.path(named: model))
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(file.header), as: UTF8.self))
        } else {
            try show(file)
        }
        if verify { try check(file) }
    }

    private func show(_ file: WeightFile) throws {
        print("\(file.path), written by \(file.header.converter)\n")
        for fact in try ArchitectureFact.all(in: file) { print("\(fact.component): \(fact.fact)") }
        for component in unique(file.header.tensors.map { String($0.component) }) {
            let entries = file.header.tensors.filter { $0.component == component }
            print("\n\(component): \(describe(entries))")
            for scheme in unique(entries.map(\.scheme)) {
                print("  \(scheme.rawValue): \(describe(entries.filter { $0.scheme == scheme }))")
            }
            for entry in entries where tensors {
                let block = entry.block.map { ", scales per \($0) channels" } ?? ""
                print("  \(entry.name) \(entry.shape) \(entry.scheme.rawValue)\(block), \(entry.byteCount) bytes")
            }
        }
        print("\ndocuments:")
        for document in file.header.documents {
            let stored = document.compression == .none ? "" : ", \(document.storedByteCount) compressed"
            print("  \(document.name): \(document.byteCount) bytes\(stored)")
        }
    }

    private func describe(_ entries: [TensorEntry]) -> String {
        let parameters = entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let bytes = entries.reduce(0) { $0 + $1.byteCount }
        return "\(entries.count) tensors, \(parameters) parameters, \(decimal(Double(bytes) * 1e-6)) MB"
    }

    private func unique<T: Hashable>(_ values: [T]) -> [T] {
        var seen: Set<T> = []
        return values.filter { seen.insert($0).inserted }
    }

    private func check(_ file: WeightFile) throws {
        var bar = ProgressBar()
        defer { bar.end() }
        try file.verify { done, total in bar.show("checking", done, of: total) }
        bar.end()
        if !json { print("\nevery checksum is right") }
    }
}
