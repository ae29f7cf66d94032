import TestFiles
import Testing

@testable import Quant

@Suite struct WriterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func writer(_ tensors: [PlannedTensor], as name: String = "model.sdq") throws -> WeightFileWriter {
        try WeightFileWriter(path: folder.path(name), converter: "test", documents: [], tensors: tensors)
    }

    /// 2⁶² bytes are more than any disk has.
    @Test func aFullDiskIsAnErrorAndLeavesNothing() throws {
        expectError("model.sdq: cannot be written: ") {
            _ = try writer([PlannedTensor(name: "unet.a", shape: [1 << 61], scheme: .f16)])
        }
        #expect(folder.names().isEmpty)
    }

    @Test func aMissingFolderIsAnError() throws {
        expectError("cannot be written: its folder does not exist") {
            _ = try writer([PlannedTensor(name: "unet.a", shape: [1], scheme: .f16)], as: "absent/model.sdq")
        }
    }

    /// Neither a folder nor a device may be replaced.
    @Test func onlyRegularFilesAreReplaced() throws {
        try folder.write("model.sdq/inside", "x")
        expectError("model.sdq: not a regular file") {
            _ = try writer([PlannedTensor(name: "unet.a", shape: [1], scheme: .f16)])
        }
        expectError("/dev/null: not a regular file") {
            _ = try WeightFileWriter(path: "/dev/null", converter: "test", documents: [], tensors: [])
        }
        #expect(folder.names() == ["model.sdq"])
    }

    @Test func anOlderFileStaysUntilTheNewOneIsComplete() throws {
        try folder.write("model.sdq", "old")
        do {
            let writer = try writer([PlannedTensor(name: "unet.a", shape: [2], scheme: .f16)])
            try writer.append([1, 2])
        }
        #expect(folder.names() == ["model.sdq"])
        #expect(try folder.read("model.sdq") == Array("old".utf8))
        let writer = try writer([PlannedTensor(name: "unet.a", shape: [2], scheme: .f16)])
        try writer.append([1, 2])
        try writer.append([3, 4])
        let size = try writer.finish()
        #expect(folder.names() == ["model.sdq"])
        #expect(try folder.read("model.sdq").count == size)
    }

    @Test func refusesPlansThatTheFormatForbids() throws {
        expectError("is listed twice") {
            let tensor = PlannedTensor(name: "unet.a", shape: [1], scheme: .f16)
            _ = try writer([tensor, tensor])
        }
        expectError("impossible shape") {
            _ = try writer([PlannedTensor(name: "unet.a", shape: [4], scheme: .int8Panels, block: 64)])
        }
        expectError("is not a permitted name") {
            _ = try writer([PlannedTensor(name: "unet a", shape: [4], scheme: .f16)])
        }
        #expect(folder.names().isEmpty)
    }
}

@Suite struct QuantizeTests {
    @Test func valuesTooLargeForHalfAreRefused() throws {
        var error = QuantizationError()
        #expect(Quantize.f16([65_504, -65_504], error: &error) != nil)
        #expect(Quantize.f16([1, 65_520], error: &error) == nil)
        let half = try #require(PanelLayout(shape: [1, 2]))
        #expect(Quantize.f16Panel([1, -70_000], layout: half, error: &error) == nil)
        let int8 = try #require(PanelLayout(shape: [1, 2], block: 16))
        #expect(Quantize.int8Panel([1, -70_000], layout: int8, error: &error) != nil)
        #expect(Quantize.int8Panel([1, 1e7], layout: int8, error: &error) == nil)
    }

    /// Weights near and below the smallest fp16 scale (6e-8): never a NaN, never an error above the value itself.
    @Test(arguments: [Float(1e-3), 1e-5, 5e-6, 1e-6, 1e-9, .leastNonzeroMagnitude, 0]) func tinyValues(
        _ size: Float
    ) throws {
        let layout = try #require(PanelLayout(shape: [1, 16], block: 16))
        var error = QuantizationError()
        let values = (0..<16).map { Float($0 - 8) / 8 * size }
        #expect(Quantize.int8Panel(values, layout: layout, error: &error) != nil)
        #expect(error.relativeRMS <= 1)
    }

    /// Normal weights in blocks of 64: rounding to 8 bits with the largest of 64 as 127 gives 5.93e-3 (measured with
    /// numpy); the search for a better scale brings about 4 % of that.
    @Test func searchingTheScaleHelps() throws {
        var generator = SeededGenerator(seed: 3)
        let layout = try #require(PanelLayout(shape: [16, 4096], block: 64))
        let values = (0..<16 * 4096).map { _ in
            (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
        }
        var error = QuantizationError()
        _ = Quantize.int8Panel(values, layout: layout, error: &error)
        #expect(error.relativeRMS > 5.3e-3 && error.relativeRMS < 5.8e-3)
    }
}
