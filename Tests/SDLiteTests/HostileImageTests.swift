import Quant
import TestFiles
import Testing

@testable import SDLite

/// Files that are cut off, damaged, or lie. Nothing but an `ImageError` may come of them, or a picture in bounds.
struct HostileImageTests {
    private static func pictures() throws -> [EncodedPicture] {
        try EncodedPicture.pngs.get() + EncodedPicture.jpegs.get()
    }

    @Test func everyTruncationIsRefused() throws {
        for picture in try Self.pictures() {
            for count in 0..<picture.file.count {
                let error = #expect(throws: ImageError.self, "\(picture.name) cut at \(count)") {
                    try Image(data: Array(picture.bytes.prefix(count)), name: "cut")
                }
                #expect(error?.description.hasPrefix("cut: ") == true)
            }
        }
    }

    @Test func damagedBitsDoNoHarm() throws {
        var random = SeededGenerator(seed: 1)
        var refused = 0
        for picture in try Self.pictures() {
            for _ in 0..<200 {
                var bytes = picture.bytes
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                do {
                    let image = try Image(data: bytes, mostPixels: 1 << 20)
                    #expect(image.pixels.count == image.width * image.height * 3)
                } catch {
                    refused += 1
                }
            }
        }
        // PNG has a checksum for every byte; JPEG has none.
        #expect(refused > 36 * 150)
    }

    /// Damage behind right checksums reaches the decoder itself.
    @Test func damagedChunksDoNoHarm() throws {
        var random = SeededGenerator(seed: 2)
        for picture in try EncodedPicture.pngs.get() {
            for _ in 0..<200 {
                var chunks = Self.chunks(picture.bytes)
                let place = Int.random(in: 0..<chunks.count, using: &random)
                if !chunks[place].content.isEmpty {
                    let byte = Int.random(in: 0..<chunks[place].content.count, using: &random)
                    chunks[place].content[byte] = .random(in: 0...255, using: &random)
                }
                if Bool.random(using: &random) { chunks.swapAt(0, .random(in: 0..<chunks.count, using: &random)) }
                if let image = try? Image(data: Self.png(chunks), mostPixels: 1 << 20) {
                    #expect(image.pixels.count == image.width * image.height * 3)
                }
            }
        }
    }

    @Test(arguments: [
        (0, 5), (5, 0), (8, 11), (9, 12), (10, 11), (4096, 4096), (1, 16_777_216), (65535, 65535), (1 << 31, 1),
        (1 << 32 - 1, 1 << 32 - 1),
    ])
    func pngSizesThatAreLies(width: Int, height: Int) throws {
        let picture = try #require(EncodedPicture.pngs.get().first { $0.name == "colour type 2, 8 bits, in rows" })
        var chunks = Self.chunks(picture.bytes)
        chunks[0].content.replaceSubrange(0..<8, with: Self.bigEndian(width) + Self.bigEndian(height))
        if (width, height) == (8, 11) {
            // Rows of another length: filters and pixels make some sense, or none.
            _ = try? Image(data: Self.png(chunks))
        } else {
            #expect(throws: ImageError.self) { try Image(data: Self.png(chunks)) }
        }
    }

    @Test(arguments: [(0, 5), (5, 0), (4000, 4000), (65500, 65500)])
    func jpegSizesThatAreLies(width: Int, height: Int) throws {
        for picture in try EncodedPicture.jpegs.get() {
            var bytes = picture.bytes
            let size = [picture.height >> 8, picture.height & 255, picture.width >> 8, picture.width & 255]
            let place = try #require(
                (0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(size.map { UInt8($0) }) })
            let lie = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) }
            bytes.replaceSubrange(place..<place + 4, with: lie)
            #expect(throws: ImageError.self, "\(picture.name)") { try Image(data: bytes) }
        }
    }

    /// Text, compressed text and a profile of many megabytes are skipped, and lengths that are lies are errors.
    @Test func chunksThatNobodyNeedsAreSkipped() throws {
        let picture = try #require(EncodedPicture.pngs.get().first)
        let large = [UInt8](repeating: 0x78, count: 20 << 20)
        for type in ["tEXt", "zTXt", "iTXt", "iCCP", "sPLT", "eXIf", "abCd"] {
            var chunks = Self.chunks(picture.bytes)
            chunks.insert(Chunk(type: type, content: Array("Name\0\0".utf8) + large), at: 1)
            #expect(try Image(data: Self.png(chunks)).pixels == Array(picture.rgb), "\(type)")
            chunks[1].content = []
            for length in [1000, 0x7fff_ffff, 0xffff_ffff] {
                var bytes = Self.png(chunks)
                bytes.replaceSubrange(33..<37, with: Self.bigEndian(length))
                #expect(throws: ImageError.self) { try Image(data: bytes) }
            }
        }
    }

    /// A bomb: more behind the last row than the picture has.
    @Test func whatFollowsTheLastRowIsNotUnpacked() throws {
        let inner = try Image(width: 2000, height: 2000, pixels: [UInt8](repeating: 0, count: 12_000_000)).pngData()
        var chunks = Self.chunks(inner)
        chunks[0].content.replaceSubrange(0..<8, with: Self.bigEndian(2000) + Self.bigEndian(1))
        let image = try? Image(data: Self.png(chunks), mostPixels: 2000)
        #expect(image == nil || image?.pixels == [UInt8](repeating: 0, count: 6000))
    }

    private struct Chunk {
        let type: String
        var content: [UInt8]
    }

    private static func chunks(_ bytes: [UInt8]) -> [Chunk] {
        var chunks: [Chunk] = []
        var rest = bytes.dropFirst(8)
        while rest.count >= 12 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let type = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            chunks.append(Chunk(type: type, content: Array(rest.dropFirst(8).prefix(count))))
            rest = rest.dropFirst(12 + count)
        }
        return chunks
    }

    private static func png(_ chunks: [Chunk]) -> [UInt8] {
        EncodedImage.pngSignature
            + chunks.flatMap { chunk in
                let body = Array(chunk.type.utf8) + chunk.content
                return bigEndian(chunk.content.count) + body + bigEndian(Int(Checksum.of(body)))
            }
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
