import TestFiles
import Testing

@testable import Quant

@Suite struct SafetensorsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func readsTheThreeTypesInPieces() throws {
        // Powers of two and small sums of them are exact in all three types.
        let values: [Float] = [0, -1, 0.5, 1.75, -1024, 3]
        var builder = SafetensorsBuilder()
        builder.add("a", [2, 3], values)
        builder.add("b", [6], values, as: .f16)
        builder.add("c", [3, 2, 1], values, as: .bf16)
        builder.add("ids", [2], [0, 1], as: .i64)
        builder.add("nothing", [0, 4], [])
        let file = try SafetensorsFile(path: folder.write("a.safetensors", builder.bytes))
        #expect(file.entries.count == 5)
        for name in ["a", "b", "c"] {
            let entry = try #require(file.entries[name])
            #expect(try file.floats(entry, 0..<6) == values)
            #expect(try file.floats(entry, 2..<5) == Array(values[2..<5]))
        }
        let ids = try #require(file.entries["ids"])
        expectError("tensor 'ids' has the type 'I64'") { _ = try file.floats(ids, 0..<1) }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func refusesValuesThatAreNotFinite(_ value: Float) throws {
        for kind in [SafetensorsBuilder.Kind.f32, .f16, .bf16] {
            var builder = SafetensorsBuilder()
            builder.add("a", [3], [1, value, 1], as: kind)
            let file = try SafetensorsFile(path: folder.write("a.safetensors", builder.bytes))
            let entry = try #require(file.entries["a"])
            expectError("a.safetensors: tensor 'a' holds a NaN or an infinity") { _ = try file.floats(entry, 0..<3) }
        }
    }

    func refuse(_ expected: String, _ bytes: [UInt8], at location: SourceLocation = #_sourceLocation) throws {
        let path = try folder.write("bad.safetensors", bytes)
        expectError(expected, { _ = try SafetensorsFile(path: path) }, at: location)
    }

    func refuse(
        _ expected: String, json: String, data: Int = 0, at location: SourceLocation = #_sourceLocation
    ) throws {
        let bytes = SafetensorsBuilder.file(json: json, data: [UInt8](repeating: 0, count: data))
        try refuse(expected, bytes, at: location)
    }

    /// One tensor of two fp32 values, with these fields.
    func entry(dtype: String = "F32", shape: String = "[2]", offsets: String = "[0,8]") -> String {
        #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
    }

    @Test func refusesWrongFiles() throws {
        expectError("cannot be opened: No such file") { _ = try SafetensorsFile(path: folder.path("none")) }
        expectError("not a regular file") { _ = try SafetensorsFile(path: folder.root) }
        try refuse("only 0 bytes long", [])
        try refuse("only 7 bytes long", [1, 0, 0, 0, 0, 0, 0])
        try refuse("the header claims 1 bytes but the file has 8", [1, 0, 0, 0, 0, 0, 0, 0])
        try refuse("claims 18446744073709551615 bytes", [UInt8](repeating: 255, count: 20))
        try refuse(
            "claims 100000001 bytes; more than 100000000 is refused",
            withUnsafeBytes(of: UInt64(100_000_001)) { Array($0) } + [UInt8](repeating: 32, count: 100))
    }

    @Test func refusesWrongJSON() throws {
        try refuse("malformed JSON", json: "")
        try refuse("malformed JSON", json: "[]")
        try refuse("malformed JSON", json: "{")
        try refuse("malformed JSON", json: #"{"a":1}"#)
        try refuse("malformed JSON: 'dtype' is missing", json: #"{"a":{"shape":[],"data_offsets":[0,4]}}"#, data: 4)
        try refuse("needs two data_offsets", json: entry(offsets: "[0]"), data: 8)
        try refuse("malformed JSON", json: entry(offsets: "[0,8.5]"), data: 8)
        try refuse("malformed JSON", json: entry(offsets: "[0,1e400]"), data: 8)
        try refuse("malformed JSON", json: entry(offsets: "[0,99999999999999999999]"), data: 8)
        try refuse("malformed JSON", json: entry(offsets: #"["0",8]"#), data: 8)
        try refuse("malformed JSON", json: #"{"a":"# + String(repeating: "[", count: 1_000_000), data: 8)
        try refuse("malformed JSON", json: String(repeating: #"{"a":"#, count: 200_000), data: 8)
        try refuse("malformed JSON", SafetensorsBuilder.file(json: "{\"", data: [0xFF, 0xFE]))
    }

    @Test func refusesWrongEntries() throws {
        try refuse("'a' has 8 bytes where its type and shape need 12", json: entry(shape: "[3]"), data: 8)
        try refuse("'a' has 8 bytes where its type and shape need 4", json: entry(dtype: "F16"), data: 8)
        try refuse("tensor 'a' has the type 'Q4'", json: entry(dtype: "Q4"), data: 8)
        try refuse("impossible shape [-2]", json: entry(shape: "[-2]"), data: 8)
        try refuse("impossible shape", json: entry(shape: "[4611686018427387904,4]"), data: 8)
        try refuse("impossible shape", json: entry(shape: "[9223372036854775807]"), data: 8)
        try refuse("outside the 8 bytes", json: entry(offsets: "[0,16]"), data: 8)
        try refuse("outside the 8 bytes", json: entry(offsets: "[8,0]"), data: 8)
        try refuse("outside the 8 bytes", json: entry(offsets: "[-8,0]"), data: 8)
        try refuse(
            "outside the 8 bytes",
            json: entry(offsets: "[-9223372036854775808,9223372036854775807]"), data: 8)
    }

    @Test func refusesGapsAndOverlaps() throws {
        func two(_ first: String, _ second: String) -> String {
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":\#(first)},"#
                + #""b":{"dtype":"F32","shape":[2],"data_offsets":\#(second)}}"#
        }
        _ = try SafetensorsFile(
            path: folder.write("good", SafetensorsBuilder.file(json: two("[8,16]", "[0,8]"), data: Array(0..<16))))
        try refuse("byte 4 belongs to none or to two", json: two("[0,8]", "[4,12]"), data: 12)
        try refuse("byte 8 belongs to none or to two", json: two("[0,8]", "[12,20]"), data: 20)
        try refuse("byte 0 belongs to none or to two", json: two("[0,8]", "[0,8]"), data: 8)
        try refuse("byte 0 belongs to none or to two", json: two("[4,12]", "[12,20]"), data: 20)
        try refuse("byte 16 belongs to none or to two", json: two("[0,8]", "[8,16]"), data: 17)
        try refuse("byte 0 belongs to none or to two", json: "{}", data: 1)
    }

    @Test func everyTruncationIsAnError() throws {
        var builder = SafetensorsBuilder()
        builder.add("a", [3], [1, 2, 3])
        builder.add("b", [2], [1, 2], as: .f16)
        let bytes = builder.bytes
        for count in 0..<bytes.count {
            let path = try folder.write("short", Array(bytes.prefix(count)))
            #expect(throws: FormatError.self) { try SafetensorsFile(path: path) }
        }
    }

    @Test func aFileThatShrinksIsAnError() throws {
        var builder = SafetensorsBuilder()
        builder.add("a", [1000], [Float](repeating: 1, count: 1000))
        let path = try folder.write("shrinking", builder.bytes)
        let file = try SafetensorsFile(path: path)
        let entry = try #require(file.entries["a"])
        try folder.write("shrinking", Array(builder.bytes.prefix(2000)))
        expectError("became shorter") { _ = try file.floats(entry, 0..<1000) }
    }

    /// Random changes of a valid header: an error, or a file all of whose tensors can be read.
    @Test func changedHeadersNeverCrash() throws {
        var builder = SafetensorsBuilder()
        for index in 1...5 { builder.add("tensor.\(index)", [2, index], [Float](repeating: 1, count: 2 * index)) }
        let original = builder.bytes
        let headerEnd = 8 + Int(original[0]) + Int(original[1]) << 8
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutate(&bytes, in: 0..<headerEnd, using: &generator)
            }
            let path = try folder.write("fuzz", bytes)
            guard let file = try? SafetensorsFile(path: path) else { continue }
            for entry in file.entries.values where SafetensorsFile.readableTypes.contains(entry.dtype) {
                _ = try? file.floats(entry, 0..<entry.shape.reduce(1, *))
            }
        }
    }
}

@Suite struct ShardTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var first = SafetensorsBuilder()
        first.add("a", [1], [1])
        var second = SafetensorsBuilder()
        second.add("b", [1], [2])
        second.add("c", [1], [3])
        try folder.write("m-00001-of-00002.safetensors", first.bytes)
        try folder.write("m-00002-of-00002.safetensors", second.bytes)
    }

    func open(_ map: String) throws -> SafetensorsCheckpoint {
        try SafetensorsCheckpoint(
            path: folder.write("m.safetensors.index.json", #"{"metadata":{"total_size":12},"weight_map":{\#(map)}}"#))
    }
    let one = "m-00001-of-00002.safetensors"
    let two = "m-00002-of-00002.safetensors"

    @Test func findsEveryTensorInItsShard() throws {
        let checkpoint = try open(#""a":"\#(one)","b":"\#(two)","c":"\#(two)""#)
        #expect(checkpoint.names.sorted() == ["a", "b", "c"])
        for (name, value) in [("a", Float(1)), ("b", 2), ("c", 3)] {
            let entry = try #require(checkpoint.entry(name))
            #expect(try checkpoint.file(name)?.floats(entry, 0..<1) == [value])
        }
    }

    @Test func refusesWrongIndexes() throws {
        expectError("tensor 'd' is missing") { _ = try open(#""a":"\#(one)","d":"\#(one)""#) }
        expectError("tensor 'c' is not in the index") { _ = try open(#""a":"\#(one)","b":"\#(two)""#) }
        expectError("tensor 'a' is not in the index") { _ = try open(#""a":"\#(two)","b":"\#(one)""#) }
        expectError("'../x' is not a plain file name") { _ = try open(#""a":"../x""#) }
        expectError("'/etc/passwd' is not a plain file name") { _ = try open(#""a":"/etc/passwd""#) }
        expectError("'' is not a plain file name") { _ = try open(#""a":"""#) }
        expectError("'..' is not a plain file name") { _ = try open(#""a":"..""#) }
        expectError("cannot be opened") { _ = try open(#""a":"absent.safetensors""#) }
        expectError("malformed JSON") { _ = try open(#""a":7"#) }
    }
}
