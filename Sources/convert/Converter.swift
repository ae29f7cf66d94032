import Architecture
import Quant

/// A checkpoint into a `.sdq` file, a few pieces of a tensor at a time.
struct Converter {
    static let name = "sd-lite-convert 1"
    /// Pieces that are encoded at the same time.
    static let width = 4

    let checkpoint: Checkpoint
    let policy: Policy
    let outputPath: String

    /// - Parameter progress: is given the parameters done and their total after every few pieces; an error from it
    ///   stops the conversion, and nothing is kept.
    func run(progress: (_ done: Int, _ total: Int) throws -> Void) async throws -> Report {
        let documents = try Documents.collect(
            checkpoint.texts, checkpoint.configurations, checkpoint.recommendation)
        let sources = try checkpoint.configurations.components.map { component in
            (component, try checkpoint.tensors[component, default: []].map { try Source($0, policy) })
        }
        let all = sources.flatMap { $0.1 }
        let total = all.reduce(0) { $0 + $1.elementCount }
        let writer = try WeightFileWriter(
            path: outputPath, converter: Converter.name, documents: documents, tensors: all.map(\.planned))

        var report = Report()
        var done = 0
        for (component, tensors) in sources {
            var row = Report.Row(component: component)
            for source in tensors {
                let error = try await convert(source, into: writer) { count in
                    done += count
                    try progress(done, total)
                }
                row.add(source, error)
            }
            report.rows.append(row)
        }
        report.fileByteCount = try writer.finish()
        return report
    }

    private func convert(
        _ source: Source, into writer: WeightFileWriter, progress: (_ count: Int) throws -> Void
    ) async throws -> QuantizationError {
        var error = QuantizationError()
        let pieces = source.pieces
        for start in stride(from: 0, to: pieces.count, by: Converter.width) {
            let batch = start..<min(start + Converter.width, pieces.count)
            let encoded = try await withThrowingTaskGroup(of: (Int, EncodedPiece).self) { group in
                for index in batch {
                    let values = try source.stored.floats(pieces[index])
                    group.addTask {
                        guard let piece = source.planned.encode(values) else {
                            throw FormatError.exceedsHalf(
                                file: source.stored.file.path, tensor: source.stored.entry.name)
                        }
                        return (index, piece)
                    }
                }
                var encoded: [(Int, EncodedPiece)] = []
                for try await piece in group { encoded.append(piece) }
                return encoded.sorted { $0.0 < $1.0 }
            }
            for (_, piece) in encoded {
                try writer.append(piece.bytes)
                error += piece.error
            }
            try progress(pieces[batch].reduce(0) { $0 + $1.count })
        }
        return error
    }
}
