import Glibc
import Testing
@testable import Quant

/// A folder that goes away with its content.
final class TemporaryFolder {
    let root: String

    init() throws {
        var template = Array("/tmp/sd-lite-tests-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        root = String(cString: made)
    }

    deinit {
        for name in contents() { unlink("\(root)/\(name)") }
        rmdir(root)
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func contents() -> [String] {
        guard let folder = opendir(root) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = try #require(fopen(path(name), "wb"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        return path(name)
    }
}

/// splitmix64: small, seeded, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Writes random values in ±1 (f32: up to ±1e6) as a file of this plan, and returns them by name, row-major.
func writeSample(_ path: String, plan: [PlannedTensor], documents: [(name: String, contents: [UInt8])]) throws
    -> [String: [Float]]
{
    var generator = SeededGenerator(state: 1)
    var result: [String: [Float]] = [:]
    let writer = try WeightFileWriter(path: path, converter: "test", documents: documents, tensors: plan)
    for tensor in plan {
        let count = try #require(elementCount(tensor.shape))
        let limit: Float = tensor.scheme == .f32 ? 1e6 : 1
        let values = (0..<count).map { _ in Float.random(in: -limit...limit, using: &generator) }
        result[tensor.name] = values
        var error = QuantizationError()
        switch tensor.scheme {
        case .f32: try writer.append(Quantize.f32(values))
        case .f16: try writer.append(#require(Quantize.f16(values, error: &error)))
        case .f16Panels, .int8Panels:
            let layout = try #require(PanelLayout(shape: tensor.shape, block: tensor.block))
            for panel in 0..<layout.panelCount {
                let first = panel * 16 * layout.rowLength
                let rows = Array(values[first..<first + layout.rows(inPanel: panel) * layout.rowLength])
                let bytes =
                    tensor.scheme == .f16Panels
                    ? Quantize.f16Panel(rows, layout: layout, error: &error)
                    : Quantize.int8Panel(rows, layout: layout, error: &error)
                try writer.append(#require(bytes))
            }
        }
    }
    try writer.finish()
    return result
}
