import FoundationEssentials
import TestFiles
import Testing

@testable import SDLite

/// A file and what Pillow makes of it, from Tests/Fixtures/make_images.py.
struct EncodedPicture: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let file: Data
    let width: Int
    let height: Int
    let rgb: Data

    var bytes: [UInt8] { Array(file) }
    var testDescription: String { name }

    static let pngs = Result { try Fixtures.decode([EncodedPicture].self, "image/png.json") }
    static let jpegs = Result {
        try Fixtures.decode([EncodedPicture].self, "image/jpeg.json").filter { $0.name != "CMYK" }
    }
}

struct ImageReadingTests {
    /// All kinds of PNG, interlaced and not, with all filters; some with transparency, gamma and a broken profile.
    @Test func readsPNGLikePillow() throws {
        let cases = try EncodedPicture.pngs.get()
        #expect(cases.count == 36)
        for picture in cases {
            let image = try Image(data: picture.bytes)
            #expect((image.width, image.height) == (picture.width, picture.height), "\(picture.name)")
            #expect(image.pixels == Array(picture.rgb), "\(picture.name)")
        }
    }

    /// Equal to the bit: Pillow decodes with libjpeg-turbo too, whose accurate transform and enlarging of colours are
    /// integer arithmetic that its own tests hold constant over versions and processors.
    @Test func readsJPEGLikePillow() throws {
        for picture in try EncodedPicture.jpegs.get() {
            let image = try Image(data: picture.bytes)
            #expect((image.width, image.height) == (picture.width, picture.height), "\(picture.name)")
            #expect(image.pixels == Array(picture.rgb), "\(picture.name)")
        }
    }

    @Test func refusesCMYK() throws {
        let all = try Fixtures.decode([EncodedPicture].self, "image/jpeg.json")
        let picture = try #require(all.first { $0.name == "CMYK" })
        let error = #expect(throws: ImageError.self) { try Image(data: picture.bytes, name: "print.jpg") }
        #expect(error?.description == "print.jpg: the JPEG's colours are CMYK; only RGB and grey can be read")
    }

    @Test func readsBackWhatItWrites() throws {
        let pixels = (0..<300 * 20 * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }
        let image = try Image(width: 300, height: 20, pixels: pixels)
        #expect(try Image(data: image.pngData(parameters: "a cat")) == image)
    }

    @Test func readsFilesWhateverTheirName() throws {
        let folder = try TemporaryFolder()
        let picture = try #require(EncodedPicture.jpegs.get().first)
        let path = try folder.write("picture.png", picture.bytes)
        #expect(try Image(contentsOf: path).pixels == Array(picture.rgb))
    }

    @Test func refusesWhatIsNoPicture() throws {
        let folder = try TemporaryFolder()
        let text = try folder.write("cat.png", "a cat")
        #expect(throws: ImageError.unknownFormat(file: text)) { try Image(contentsOf: text) }
        let empty = try folder.write("empty.png", "")
        #expect(throws: ImageError.unknownFormat(file: empty)) { try Image(contentsOf: empty) }
        let missing = folder.path("none.png")
        #expect(throws: ImageError.cannotRead(file: missing, reason: "No such file or directory")) {
            try Image(contentsOf: missing)
        }
        for path in [folder.root, "/dev/zero"] {
            #expect(throws: ImageError.cannotRead(file: path, reason: "it is not a regular file")) {
                try Image(contentsOf: path)
            }
        }
    }

    @Test func limitsHold() throws {
        for picture in try [#require(EncodedPicture.pngs.get().first), #require(EncodedPicture.jpegs.get().first)] {
            let (width, height) = (picture.width, picture.height)
            #expect(try Image(data: picture.bytes, mostPixels: width * height).width == width)
            #expect(try Image(data: picture.bytes, mostPixels: .max).width == width)
            for limit in [width * height - 1, 0, -1, .min] {
                let error = ImageError.tooManyPixels(file: "x", width: width, height: height, limit: limit)
                #expect(throws: error) { try Image(data: picture.bytes, name: "x", mostPixels: limit) }
            }
        }
        let folder = try TemporaryFolder()
        let path = try folder.write("large.png", [UInt8](repeating: 0, count: 1 << 20 + 81))
        #expect(throws: ImageError.cannotRead(file: path, reason: "1048657 bytes; more than 1048656 is refused")) {
            try Image(contentsOf: path, mostPixels: 10)
        }
    }
}
