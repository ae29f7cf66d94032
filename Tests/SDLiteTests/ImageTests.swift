import CPNG
import FoundationEssentials
import Kernels
import Quant
import Testing

@testable import SDLite

struct ImageTests {
    private struct Rounding: Decodable {
        let shape: [Int]
        let decoded: [UInt32]
        let pixels: [UInt8]
    }

    /// Against diffusers' VaeImageProcessor on values at, and one float beside, every boundary of rounding.
    @Test func roundsLikeDiffusers() throws {
        let case_ = try Fixtures.decode(Rounding.self, "image/rounding.json")
        let image = Image(Tensor(case_.shape, values: case_.decoded.map { Float(bitPattern: $0) }))
        #expect((image.width, image.height) == (case_.shape[2], case_.shape[1]))
        #expect(image.pixels == case_.pixels)
    }

    @Test func numbersThatAreNoneBecomeBlack() {
        let image = Image(Tensor([1, 1, 1, 3], values: [.nan, .infinity, -.infinity]))
        #expect(image.pixels == [0, 255, 0])
    }

    @Test(arguments: [(1, 1), (3, 5), (128, 64), (515, 9)])
    func pngHoldsThePixels(width: Int, height: Int) throws {
        let image = Self.noise(width, height)
        #expect(try Self.decode(image.png()) == image)
        #expect(try Self.decode(image.png(parameters: "a cat\nSteps: 3")) == image)
    }

    @Test func pngHoldsTheParameters() throws {
        let image = Self.noise(2, 2)
        #expect(try Self.text(image.png()) == nil)
        #expect(try Self.text(image.png(parameters: "a café\nSeed: 1")) == "tEXt:parameters|a caf\u{e9}\nSeed: 1")
        #expect(try Self.text(image.png(parameters: "猫 😀")) == "iTXt:parameters|||||猫 😀")
    }

    @Test func writingReplacesAFileOrLeavesIt() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sd-lite-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "picture.png").path
        try Self.noise(4, 4).writePNG(to: path)
        try Self.noise(5, 4).writePNG(to: path)
        #expect(try Self.decode(Array(Data(contentsOf: URL(filePath: path)))).width == 5)
        #expect(throws: FormatError.self) { try Self.noise(4, 4).writePNG(to: path + "/below.png") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["picture.png"])
    }

    @Test func gridPlacesPicturesRowByRow() {
        let colours: [[UInt8]] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        let images = colours.map { Image(width: 1, height: 1, pixels: $0) }
        #expect(Image.grid(images) == Image(width: 2, height: 2, pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0]))
        #expect(Image.grid(images, columns: 1) == Image(width: 1, height: 3, pixels: colours.flatMap { $0 }))
        let wide = Self.noise(3, 2)
        let pair = Image.grid([wide, wide], columns: 2)
        #expect(Array(pair.pixels[0..<18]) == Array(wide.pixels[0..<9]) + Array(wide.pixels[0..<9]))
        #expect(Array(pair.pixels[18..<36]) == Array(wide.pixels[9..<18]) + Array(wide.pixels[9..<18]))
    }

    /// Columns × rows of A1111's contact sheets (round(√n) rows).
    @Test func gridIsNearlySquare() {
        let dot = Image(width: 1, height: 1, pixels: [1, 1, 1])
        for (count, columns, rows) in [(1, 1, 1), (2, 2, 1), (4, 2, 2), (5, 3, 2), (7, 3, 3), (9, 3, 3), (12, 4, 3)] {
            let sheet = Image.grid(Array(repeating: dot, count: count))
            #expect((sheet.width, sheet.height) == (columns, rows), "\(count) pictures")
        }
    }

    private static func noise(_ width: Int, _ height: Int) -> Image {
        var random = MersenneTwister(seed: UInt64(width))
        let pixels = (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// By libpng's reader, which also checks the CRC of every chunk.
    private static func decode(_ bytes: [UInt8]) throws -> Image {
        var control = png_image()
        control.version = png_uint_32(PNG_IMAGE_VERSION)
        try #require(png_image_begin_read_from_memory(&control, bytes, bytes.count) != 0)
        control.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
        var pixels = [UInt8](repeating: 0, count: Int(control.width * control.height) * 3)
        try #require(png_image_finish_read(&control, nil, &pixels, 0, nil) != 0)
        return Image(width: Int(control.width), height: Int(control.height), pixels: pixels)
    }

    /// Type and content of the text chunk before the pixels, zeros shown as bars.
    private static func text(_ bytes: [UInt8]) throws -> String? {
        var rest = bytes.dropFirst(8)
        while rest.count >= 12 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let type = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            if type == "IDAT" { return nil }
            let content = rest.dropFirst(8).prefix(count).map { $0 == 0 ? UInt8(ascii: "|") : $0 }
            let checksum = rest.dropFirst(8 + count).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            try #require(checksum == Checksum.of(Array(rest.dropFirst(4).prefix(4 + count))))
            if type == "tEXt" { return "tEXt:" + String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) })) }
            if type == "iTXt" { return "iTXt:" + String(decoding: content, as: UTF8.self) }
            rest = rest.dropFirst(12 + count)
        }
        return nil
    }
}
