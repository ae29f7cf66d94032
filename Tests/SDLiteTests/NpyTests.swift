import FoundationEssentials
import Quant
import TestFiles
import Testing

@testable import SDLite

/// Files of NumPy's, made by Tests/Fixtures/make_npy.py, and files that nobody should make.
struct NpyTests {
    private static func path(_ name: String) -> String { Fixtures.path("npy/\(name).npy") }

    @Test func readsWhatNumPyWrites() throws {
        let first = try Npy.read(path: Self.path("v1"))
        #expect(first.shape == [1, 4, 2, 3])
        // The first value of numpy.random.default_rng(0).standard_normal(), rounded to float32.
        #expect(first.values[0] == 0.12573022)
        #expect(first.values.count == 24)
        let second = try Npy.read(path: Self.path("v2"))
        #expect(second == first)
        #expect(try Npy.read(path: Self.path("vector")) == ([24], first.values))
        #expect(try Npy.read(path: Self.path("scalar")) == ([], [first.values[0]]))
        #expect(try Npy.read(path: Self.path("empty")) == ([0, 4], []))
    }

    @Test func writesTheBytesThatNumPyWrites() throws {
        for name in ["v1", "vector", "scalar", "empty"] {
            let (shape, values) = try Npy.read(path: Self.path(name))
            let bytes = try Array(Data(contentsOf: URL(filePath: Self.path(name))))
            #expect(Npy.encode(shape: shape, values: values) == bytes)
        }
    }

    @Test func writtenFilesAreReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("written.npy")
        try Npy.write(shape: [2, 1], values: [1.5, -0.0], to: path)
        #expect(try Npy.read(path: path) == ([2, 1], [1.5, -0.0]))
        #expect(folder.names() == ["written.npy"])
    }

    @Test func writesNothingWhereShapeAndValuesDoNotFit() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("written.npy")
        let shapes = [[2], [-1, -1], [.max, .max, 2], [], [Int](repeating: 1, count: 33), [0]]
        for shape in shapes {
            let values: [Float] = shape.isEmpty ? [] : [1]
            #expect(throws: NpyError.wrongCount(file: path, shape: shape, values: values.count)) {
                try Npy.write(shape: shape, values: values, to: path)
            }
        }
        #expect(folder.names() == [])
    }

    @Test func refusesWhatIsNotLittleEndianFloat32InCOrder() {
        #expect(error("v3") == .version(file: Self.path("v3"), major: 3))
        #expect(error("fortran") == .fortranOrder(file: Self.path("fortran")))
        #expect(error("float64") == .dtype(file: Self.path("float64"), found: "<f8"))
        #expect(error("big-endian") == .dtype(file: Self.path("big-endian"), found: ">f4"))
        #expect(error("record") == .dtype(file: Self.path("record"), found: "a record"))
        #expect(error("nan") == .notFinite(file: Self.path("nan")))
    }

    private func error(_ name: String) -> NpyError? {
        #expect(throws: NpyError.self) { try Npy.read(path: Self.path(name)) }
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = try Array(Data(contentsOf: URL(filePath: Self.path("v1"))))
        for count in 0..<whole.count {
            #expect(throws: NpyError.self) { try Npy.parse(Array(whole.prefix(count)), file: "x.npy") }
        }
        #expect(throws: NpyError.wrongSize(file: "x.npy", shape: [1, 4, 2, 3], byteCount: 97)) {
            try Npy.parse(whole + [0], file: "x.npy")
        }
    }

    @Test(arguments: [
        "", "{", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1", "{'descr': '<f4",
        "{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': None, 'fortran_order': False, 'shape': (1,)}",
    ])
    func malformedHeadersAreRefused(header: String) {
        #expect(throws: NpyError.malformedHeader(file: "x.npy")) { try parse(header, data: [0, 0, 0, 0]) }
    }

    @Test func shapesThatOverflowOrDoNotFitAreRefused() {
        for shape in [[2], [1 << 62, 4], [.max, .max], [0]] {
            let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape.map { "\($0)," }.joined()))}"
            #expect(throws: NpyError.wrongSize(file: "x.npy", shape: shape, byteCount: 4)) {
                try parse(header, data: [0, 0, 0, 0])
            }
        }
    }

    @Test func aHeaderLongerThanTheFileIsRefused() {
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        #expect(throws: NpyError.truncated(file: "x.npy")) {
            try Npy.parse(magic + [2, 0, 0xff, 0xff, 0xff, 0xff, 0x7b], file: "x.npy")
        }
    }

    private func parse(_ header: String, data: [UInt8]) throws {
        let size = UInt8(header.utf8.count)
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, size, 0]
        _ = try Npy.parse(start + Array(header.utf8) + data, file: "x.npy")
    }
}
