import CPNG
import Kernels
import Quant
import TestFiles
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
        let image = try Image(Tensor(case_.shape, values: case_.decoded.map { Float(bitPattern: $0) }))
        #expect((image.width, image.height) == (case_.shape[2], case_.shape[1]))
        #expect(image.pixels == case_.pixels)
    }

    @Test func numbersThatAreNoneBecomeBlack() throws {
        let image = try Image(Tensor([1, 1, 1, 3], values: [.nan, .infinity, -.infinity]))
        #expect(image.pixels == [0, 255, 0])
    }

    @Test(arguments: [[1, 2, 3], [2, 1, 1, 3], [1, 1, 1, 4], [1, 0, 1, 3], [1, 1, 0, 3], [1, 1, 1, 1, 3], [3]])
    func tensorsOfOtherShapesAreRefused(shape: [Int]) {
        #expect(throws: ImageError.wrongShape(shape)) { try Image(Tensor(shape, repeating: 0)) }
    }

    private struct Normalized: Decodable {
        let pixels: [UInt8]
        let values: [UInt32]
    }

    /// Against diffusers' VaeImageProcessor on every value of a pixel, bit for bit; and rounding gives the pixels back.
    @Test func becomesWhatTheEncoderTakes() throws {
        let case_ = try Fixtures.decode(Normalized.self, "image/normalized.json")
        let image = try Image(width: 16, height: 16, pixels: case_.pixels)
        let tensor = image.normalized()
        #expect(tensor.shape == [1, 16, 16, 3])
        #expect(tensor.values.map(\.bitPattern) == case_.values)
        #expect(try Image(tensor) == image)
    }

    @Test func pixelsMustFitTheSize() throws {
        for (width, height, count) in [(0, 0, 0), (-1, -1, 3), (2, 2, 11), (1, 1, 4), (.max, 2, 6), (1 << 62, 4, 0)] {
            #expect(throws: ImageError.wrongPixelCount(width: width, height: height, byteCount: count)) {
                try Image(width: width, height: height, pixels: [UInt8](repeating: 0, count: count))
            }
        }
    }

    @Test func pixelsAreFoundByPlace() throws {
        let image = try Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        #expect(try #require(image[1, 0]) == (4, 5, 6))
        for (x, y) in [(-1, 0), (2, 0), (0, 1), (0, -1), (.max, .max), (.min, .min)] { #expect(image[x, y] == nil) }
        #expect("\(image)" == "RGB picture of 2×1")
    }

    @Test(arguments: [(1, 1), (3, 5), (128, 64), (515, 9)])
    func pngHoldsThePixels(width: Int, height: Int) throws {
        let image = try Self.noise(width, height)
        #expect(try Self.decode(image.pngData()) == image)
        #expect(try Self.decode(image.pngData(parameters: "a cat\nSteps: 3")) == image)
    }

    @Test func pngHoldsTheParameters() throws {
        let image = try Self.noise(2, 2)
        #expect(try Self.text(image.pngData()) == nil)
        #expect(try Self.text(image.pngData(parameters: "a café\nSeed: 1")) == "tEXt:parameters|a caf\u{e9}\nSeed: 1")
        #expect(try Self.text(image.pngData(parameters: "猫 😀")) == "iTXt:parameters|||||猫 😀")
        #expect(try Self.text(image.pngData(parameters: "a\0b\0")) == "tEXt:parameters|ab")
    }

    @Test func writingReplacesAFileOrLeavesIt() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("picture.png")
        try Self.noise(4, 4).writePNG(to: path)
        try Self.noise(5, 4).writePNG(to: path)
        #expect(try Self.decode(folder.read("picture.png")).width == 5)
        #expect(throws: ImageError.cannotWrite(file: path + "/below.png", reason: "Not a directory")) {
            try Self.noise(4, 4).writePNG(to: path + "/below.png")
        }
        #expect(throws: ImageError.cannotWrite(file: folder.root, reason: "it is not a regular file")) {
            try Self.noise(4, 4).writePNG(to: folder.root)
        }
        #expect(folder.names() == ["picture.png"])
    }

    @Test func gridPlacesPicturesRowByRow() throws {
        let colours: [[UInt8]] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        let images = try colours.map { try Image(width: 1, height: 1, pixels: $0) }
        let square = try Image(width: 2, height: 2, pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0])
        #expect(try Image.grid(images) == square)
        #expect(try Image.grid(images, columns: 1) == Image(width: 1, height: 3, pixels: colours.flatMap { $0 }))
        let wide = try Self.noise(3, 2)
        let pair = try Image.grid([wide, wide], columns: 2)
        #expect(Array(pair.pixels[0..<18]) == Array(wide.pixels[0..<9]) + Array(wide.pixels[0..<9]))
        #expect(Array(pair.pixels[18..<36]) == Array(wide.pixels[9..<18]) + Array(wide.pixels[9..<18]))
    }

    /// Columns × rows of A1111's contact sheets (round(√n) rows).
    @Test func gridIsNearlySquare() throws {
        let dot = try Image(width: 1, height: 1, pixels: [1, 1, 1])
        for (count, columns, rows) in [(1, 1, 1), (2, 2, 1), (4, 2, 2), (5, 3, 2), (7, 3, 3), (9, 3, 3), (12, 4, 3)] {
            let sheet = try Image.grid(Array(repeating: dot, count: count))
            #expect((sheet.width, sheet.height) == (columns, rows), "\(count) pictures")
        }
    }

    @Test func gridRefusesWhatIsNoSheet() throws {
        let (small, wide) = (try Self.noise(1, 1), try Self.noise(2, 1))
        #expect(throws: ImageError.emptyGrid) { try Image.grid([]) }
        #expect(throws: ImageError.unequalSizes(first: "1×1", other: "2×1")) { try Image.grid([small, wide]) }
        for columns in [0, -1, 2, .max, .min] {
            #expect(throws: ImageError.badColumns(columns, pictures: 1)) { try Image.grid([small], columns: columns) }
        }
    }

    @Test func errorsReadAloud() {
        let error: any Error = ImageError.unknownFormat(file: "cat.webp")
        #expect(error.localizedDescription == "cat.webp: neither a PNG nor a JPEG file")
        #expect("\(error)" == error.localizedDescription)
    }

    private static func noise(_ width: Int, _ height: Int) throws -> Image {
        var random = SeededGenerator(seed: UInt64(width))
        let pixels = (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return try Image(width: width, height: height, pixels: pixels)
    }

    /// By libpng's reader, which also checks the CRC of every chunk.
    private static func decode(_ bytes: [UInt8]) throws -> Image {
        var control = png_image()
        control.version = png_uint_32(PNG_IMAGE_VERSION)
        try #require(png_image_begin_read_from_memory(&control, bytes, bytes.count) != 0)
        control.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
        var pixels = [UInt8](repeating: 0, count: Int(control.width * control.height) * 3)
        try #require(png_image_finish_read(&control, nil, &pixels, 0, nil) != 0)
        return try Image(width: Int(control.width), height: Int(control.height), pixels: pixels)
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
