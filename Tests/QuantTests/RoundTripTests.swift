import TestFiles
import Testing

@testable import Quant

@Suite struct RoundTripTests {
    /// Uneven on purpose: padding in the last panel, a short last block, taps, an odd number of panel bytes.
    static let plan = [
        PlannedTensor(name: "text_encoder.bias", shape: [5], scheme: .f16),
        PlannedTensor(name: "text_encoder.big", shape: [3], scheme: .f32),
        PlannedTensor(name: "unet.conv", shape: [20, 37, 3, 3], scheme: .int8Panels, block: 32),
        PlannedTensor(name: "unet.matrix", shape: [33, 64], scheme: .int8Panels, block: 64),
        PlannedTensor(name: "vae.conv", shape: [7, 3, 1, 1], scheme: .f16Panels),
    ]
    static let documents: [(name: String, contents: [UInt8])] = [
        ("a.json", Array("{}".utf8)), ("empty", []), ("long.txt", Array(repeatElement(UInt8(65), count: 10_000))),
    ]

    @Test func everyTensorAndDocumentComesBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.sdq")
        let values = try writeSample(path, plan: Self.plan, documents: Self.documents)
        let file = try WeightFile(path: path)
        #expect(file.header.tensors.map(\.name) == Self.plan.map(\.name))
        #expect(file.header.converter == "test")
        for tensor in Self.plan {
            let entry = try #require(file.entry(tensor.name))
            let found = entry.decode(file.lend(entry).bytes)
            let expected = try #require(values[tensor.name])
            #expect(found.count == expected.count)
            // Values in ±1: int8 may clamp a block's largest values by 2 % (the smallest scale tried); fp16 rounds by
            // 2⁻¹² at most.
            let tolerance: Float = tensor.scheme == .int8Panels ? 0.0205 : 0.00025
            for (a, b) in zip(found, expected) { #expect(abs(a - b) <= tolerance * max(1, abs(b))) }
        }
        for document in Self.documents {
            #expect(try file.document(document.name) == document.contents)
        }
        #expect(file.header.documents.map(\.compression) == [.none, .none, .lz4])
        try file.verify()
    }

    @Test func tensorsAreAligned() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.sdq")
        _ = try writeSample(path, plan: Self.plan, documents: Self.documents)
        let file = try WeightFile(path: path)
        let firsts: Set = ["text_encoder.bias", "unet.conv", "vae.conv"]
        for entry in file.header.tensors {
            let lent = file.lend(entry)
            let address = try #require(lent.bytes.baseAddress)
            #expect(UInt(bitPattern: address) % (firsts.contains(entry.name) ? 4096 : 64) == 0)
        }
    }

    @Test func anUnfinishedWriterLeavesNothing() throws {
        let folder = try TemporaryFolder()
        do {
            let writer = try WeightFileWriter(
                path: folder.path("model.sdq"), converter: "test", documents: [], tensors: Self.plan)
            try writer.append([0, 0])
            #expect(folder.names().count == 1)
        }
        #expect(folder.names().isEmpty)
    }

    /// The bytes of one small panel, computed by hand from docs/FORMAT.md.
    @Test func int8PanelLayout() throws {
        let layout = try #require(PanelLayout(shape: [2, 17], block: 16))
        var error = QuantizationError()
        // Output 0: 127 everywhere (scale 1); output 1: 0 but for its last channel, 254 (scale 2 in the second block).
        var rows = [Float](repeating: 127, count: 17) + [Float](repeating: 0, count: 17)
        rows[33] = 254
        let panel = try #require(Quantize.int8Panel(rows, layout: layout, error: &error))
        #expect(panel.count == 17 * 16 + 2 * 32)
        #expect((0..<17).allSatisfy { panel[$0 * 16] == 127 })
        #expect((0..<17).map { panel[$0 * 16 + 1] } == [UInt8](repeating: 0, count: 16) + [127])
        let scales = (0..<32).map { UInt16(panel[272 + $0 * 2]) | UInt16(panel[273 + $0 * 2]) << 8 }
        let one = Float16(1).bitPattern, two = Float16(2).bitPattern
        #expect(
            scales == [one, 0] + [UInt16](repeating: 0, count: 14) + [one, two] + [UInt16](repeating: 0, count: 14))
        #expect(error.squaredError == 0)
    }
}
