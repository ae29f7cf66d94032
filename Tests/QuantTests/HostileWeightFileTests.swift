import TestFiles
import Testing

@testable import Quant

/// Files that break one rule of docs/FORMAT.md each. The checksum of the header is right unless it is the point.
@Suite struct HostileWeightFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Prologue and header as given, and `dataByteCount` zero bytes of data.
    func file(json: [UInt8], dataByteCount: Int) -> [UInt8] {
        var bytes = WeightFormat.magic
        withUnsafeBytes(of: UInt32(1).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: Checksum.of(json).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt64(json.count).littleEndian) { bytes += $0 }
        bytes += json
        let dataStart = roundUp(bytes.count, to: 4096)
        return bytes + [UInt8](repeating: 0, count: dataStart - bytes.count + dataByteCount)
    }

    func open(_ bytes: [UInt8]) throws -> WeightFile {
        try WeightFile(path: folder.write("bad.sdq", bytes))
    }

    func open(documents: String = "", tensors: String = "", data: Int = 16_384) throws -> WeightFile {
        let json = #"{"converter":"x","documents":[\#(documents)],"tensors":[\#(tensors)]}"#
        return try open(file(json: Array(json.utf8), dataByteCount: data))
    }

    func tensor(
        _ name: String = "unet.a", shape: String = "[2,3]", scheme: String = "f16", block: String? = nil,
        offset: String = "0", byteCount: String = "12"
    ) -> String {
        #"{"name":"\#(name)","shape":\#(shape),"scheme":"\#(scheme)",\#(block.map { #""block":\#($0),"# } ?? "")"#
            + #""offset":\#(offset),"byteCount":\#(byteCount),"crc32":0}"#
    }

    func document(
        _ name: String = "d", offset: Int = 0, byteCount: Int = 4, stored: Int = 4, compression: String = "none",
        crc32: String = "0"
    ) -> String {
        #"{"name":"\#(name)","offset":\#(offset),"byteCount":\#(byteCount),"storedByteCount":\#(stored),"#
            + #""compression":"\#(compression)","crc32":\#(crc32)}"#
    }

    @Test func theseHelpersMakeValidFiles() throws {
        let opened = try open(documents: document(), tensors: tensor(offset: "4096"))
        #expect(opened.entry("unet.a")?.shape == [2, 3])
        #expect(opened.entry("unet.b") == nil)
        #expect(opened.hasDocument("d") && !opened.hasDocument("e"))
    }

    @Test func refusesWrongPrologues() throws {
        expectError("cannot be opened: No such file") { _ = try WeightFile(path: folder.path("none")) }
        expectError("not a regular file") { _ = try WeightFile(path: folder.root) }
        expectError("only 0 bytes long") { _ = try open([]) }
        expectError("not a .sdq weights file") { _ = try open(Array("GGUF, or anything else".utf8)) }
        let good = file(json: Array(#"{"converter":"x","documents":[],"tensors":[]}"#.utf8), dataByteCount: 0)
        func change(_ index: Int, _ value: UInt8) throws {
            var bytes = good
            bytes[index] = value
            _ = try open(bytes)
        }
        expectError("not a .sdq weights file") { try change(7, UInt8(ascii: "2")) }
        expectError("format version 2; this program reads version 1") { try change(8, 2) }
        expectError("the header's checksum is wrong") { try change(12, good[12] ^ 1) }
        expectError("the header's checksum is wrong") { try change(30, UInt8(ascii: "?")) }
        expectError("more than 100000000 is refused") { try change(23, 0x80) }
        expectError("the header claims 65") { try change(18, 1) }
        for count in 1..<24 { expectError("only \(count) bytes long") { _ = try open(Array(good.prefix(count))) } }
    }

    @Test func refusesWrongJSON() throws {
        let texts = [
            "", "[]", "{", "null", #"{"converter":"x","documents":[]}"#,
            #"{"converter":"x","documents":[],"tensors":{}}"#, String(repeating: "[", count: 1_000_000),
            #"{"converter":"x","documents":[],"tensors":["# + String(repeating: #"{"name":"#, count: 100_000),
        ]
        for text in texts {
            expectError("malformed JSON") { _ = try open(file(json: Array(text.utf8), dataByteCount: 0)) }
        }
        expectError("malformed JSON") { _ = try open(file(json: [0xFF, 0xFE, 0x00], dataByteCount: 0)) }
        expectError("malformed JSON") { _ = try open(tensors: tensor(scheme: "q4")) }
        expectError("malformed JSON") { _ = try open(tensors: tensor(shape: "[2.5,3]")) }
        expectError("malformed JSON") { _ = try open(tensors: tensor(shape: "[1e400,3]")) }
        expectError("malformed JSON") { _ = try open(tensors: tensor(offset: "99999999999999999999")) }
        expectError("malformed JSON") { _ = try open(documents: document(crc32: "-1")) }
        expectError("malformed JSON") { _ = try open(documents: document(compression: "zstd")) }
    }

    @Test func refusesWrongShapes() throws {
        for shape in ["[]", "[0,3]", "[-2,-3]", "[1,1,1,1,6]", "[4611686018427387904,4]", "[9223372036854775807]"] {
            expectError("tensor 'unet.a' has the impossible shape") { _ = try open(tensors: tensor(shape: shape)) }
        }
        for shape in ["[6]", "[2,3,1]", "[4611686018427387904,1]", "[1,576460752303423488]"] {
            expectError("impossible shape") { _ = try open(tensors: tensor(shape: shape, scheme: "f16-panels")) }
            expectError("impossible shape") {
                _ = try open(tensors: tensor(shape: shape, scheme: "int8-panels", block: "16"))
            }
        }
    }

    @Test func refusesWrongBlocks() throws {
        for block in ["0", "-16", "8", "17", "65552", "9223372036854775807"] {
            expectError("has the block size \(block)") {
                _ = try open(tensors: tensor(scheme: "int8-panels", block: block))
            }
        }
        expectError("has the block size none") { _ = try open(tensors: tensor(scheme: "int8-panels")) }
        for scheme in ["f16", "f32", "f16-panels"] {
            expectError("has the block size 64") { _ = try open(tensors: tensor(scheme: scheme, block: "64")) }
        }
    }

    @Test func refusesWrongSizes() throws {
        expectError("'unet.a' has 10 bytes where its type and shape need 12") {
            _ = try open(tensors: tensor(byteCount: "10"))
        }
        expectError("need 24") { _ = try open(tensors: tensor(scheme: "f32")) }
        expectError("need 96") { _ = try open(tensors: tensor(scheme: "f16-panels")) }
        expectError("need 80") { _ = try open(tensors: tensor(scheme: "int8-panels", block: "16")) }
        expectError("where its type and shape need 12") { _ = try open(tensors: tensor(byteCount: "-12")) }
    }

    @Test func refusesWrongPlaces() throws {
        expectError("outside the 16384 bytes of data") { _ = try open(tensors: tensor(offset: "16384")) }
        expectError("outside the 16384 bytes of data") { _ = try open(tensors: tensor(offset: "-4096")) }
        expectError("outside the 16384 bytes of data") {
            _ = try open(tensors: tensor(offset: "9223372036854771712"))
        }
        expectError("outside the 0 bytes of data") { _ = try open(tensors: tensor(), data: 0) }
        expectError("not at a multiple of 4096") { _ = try open(tensors: tensor(offset: "64")) }
        expectError("not at a multiple of 64") {
            _ = try open(tensors: tensor() + "," + tensor("unet.b", offset: "32"))
        }
        expectError("'vae.b' starts at 64, not at a multiple of 4096") {
            _ = try open(tensors: tensor() + "," + tensor("vae.b", offset: "64"))
        }
        expectError("'unet.b' overlaps 'unet.a'") {
            _ = try open(tensors: tensor() + "," + tensor("unet.b"))
        }
        expectError("'unet.b' overlaps 'unet.a' or is out of order") {
            _ = try open(tensors: tensor(offset: "4096") + "," + tensor("unet.b"))
        }
        expectError("'unet.a' overlaps 'd'") { _ = try open(documents: document(), tensors: tensor()) }
    }

    @Test func refusesWrongNames() throws {
        expectError("'unet.a' is listed twice") {
            _ = try open(tensors: tensor() + "," + tensor(offset: "64"))
        }
        expectError("'d' is listed twice") { _ = try open(documents: document() + "," + document(offset: 4)) }
        for name in ["", "a b", "a\\nb", "a\\u001b[2Jb", "\\u0000", "é", String(repeating: "x", count: 513)] {
            expectError("is not a permitted name") { _ = try open(tensors: tensor(name)) }
        }
    }

    @Test func refusesWrongDocuments() throws {
        expectError("outside the 0 bytes") { _ = try open(documents: document(byteCount: -1)) }
        expectError("outside the 0 bytes") { _ = try open(documents: document(stored: -1)) }
        expectError("outside the 16384 bytes") { _ = try open(documents: document(offset: 16_384)) }
        expectError("'d' has 4 bytes where its type and shape need 5") {
            _ = try open(documents: document(byteCount: 5))
        }
        let lz4 = document(byteCount: 1021, stored: 4, compression: "lz4")
        expectError("claims 1021 bytes; more than 1020 is refused") { _ = try open(documents: lz4) }
        let huge = document(byteCount: .max, stored: .max)
        expectError("more than 67108864 is refused") { _ = try open(documents: huge) }
        let packed = try open(documents: document(byteCount: 900, compression: "lz4"))
        expectError("document 'd' cannot be decompressed") { _ = try packed.document("d") }
        let plain = try open(documents: document(crc32: "1"))
        expectError("the checksum of 'd' is wrong") { _ = try plain.document("d") }
        expectError("document 'e' is missing") { _ = try plain.document("e") }
    }

    func sample() throws -> [UInt8] {
        _ = try writeSample(
            folder.path("sample.sdq"), plan: RoundTripTests.plan, documents: RoundTripTests.documents)
        return try folder.read("sample.sdq")
    }

    @Test func everyTruncationIsAnError() throws {
        let bytes = try sample()
        let whole = try WeightFile(path: folder.path("sample.sdq"))
        let dataStart = bytes.count - (whole.header.tensors.last.map { $0.offset + $0.byteCount } ?? 0)
        let ends = whole.header.tensors.flatMap { [$0.offset, $0.offset + $0.byteCount] }.map { $0 + dataStart }
        let boundaries = [8, 12, 16, 24, dataStart] + ends
        for boundary in boundaries {
            for count in [boundary - 1, boundary, boundary + 1] where count < bytes.count {
                #expect(throws: FormatError.self) { try open(Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func verifyFindsEveryChangedTensor() throws {
        let bytes = try sample()
        let whole = try WeightFile(path: folder.path("sample.sdq"))
        let dataStart = bytes.count - (whole.header.tensors.last.map { $0.offset + $0.byteCount } ?? 0)
        for entry in whole.header.tensors {
            var changed = bytes
            changed[dataStart + entry.offset + entry.byteCount / 2] ^= 0x10
            let opened = try open(changed)
            expectError("the checksum of '\(entry.name)' is wrong") { try opened.verify() }
        }
        var changed = bytes
        changed[dataStart] ^= 1
        let opened = try open(changed)
        expectError("the checksum of 'a.json' is wrong") { try opened.verify() }
    }

    /// Random changes of a valid header, with the checksum made right again: an error, or a file all of whose bytes
    /// can be lent and decoded.
    @Test func changedHeadersNeverCrash() throws {
        let bytes = try sample()
        let jsonCount = Int(bytes[16]) | Int(bytes[17]) << 8
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<1000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutate(&changed, in: 24..<24 + jsonCount, using: &generator)
            }
            let checksum = Checksum.of(Array(changed[24..<24 + jsonCount]))
            withUnsafeBytes(of: checksum.littleEndian) { changed.replaceSubrange(12..<16, with: $0) }
            guard let file = try? open(changed) else { continue }
            for entry in file.header.tensors { _ = entry.decode(file.lend(entry).bytes) }
            try? file.verify()
        }
    }
}

/// Replaces a byte of JSON text by one that is likely to mean something else, or any byte.
func mutate(_ bytes: inout [UInt8], in range: Range<Int>, using generator: inout SeededGenerator) {
    let index = Int.random(in: range, using: &generator)
    let interesting = Array(#"0123456789-.eE[]{},:" \u"#.utf8)
    bytes[index] =
        Bool.random(using: &generator)
        ? interesting.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...255, using: &generator)
}
