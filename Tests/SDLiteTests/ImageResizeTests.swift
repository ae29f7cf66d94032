import Quant
import TestFiles
import Testing

@testable import SDLite

struct ImageResizeTests {
    private struct Case: Decodable {
        let width, height, newWidth, newHeight: Int
        let filter: String
        let crc32: UInt32
    }

    /// Noise in many sizes, wider, narrower and unchanged, against Pillow bit for bit (Tests/Fixtures/make_images.py).
    @Test func resizesLikePillow() throws {
        let cases = try Fixtures.decode([Case].self, "image/resize.json")
        #expect(cases.count == 57)
        for wanted in cases {
            let filter = try #require(ResizeFilter.allCases.first { "\($0)" == wanted.filter })
            let image = try Self.noise(wanted.width, wanted.height)
                .resized(width: wanted.newWidth, height: wanted.newHeight, filter: filter)
            #expect((image.width, image.height) == (wanted.newWidth, wanted.newHeight))
            #expect(Checksum.of(image.pixels) == wanted.crc32, "\(wanted)")
        }
    }

    @Test(arguments: ResizeFilter.allCases)
    func keepsOneColour(filter: ResizeFilter) throws {
        let grey = try Image(width: 9, height: 4, pixels: [UInt8](repeating: 77, count: 108))
        for (width, height) in [(1, 1), (33, 50), (4, 9)] {
            #expect(try grey.resized(width: width, height: height, filter: filter).pixels.allSatisfy { $0 == 77 })
        }
    }

    @Test func refusesImpossibleSizes() throws {
        let image = try Self.noise(2, 3000)
        let sizes = [
            (0, 1), (1, 0), (-1, 5), (.min, .min), (.max, .max), (1, .max), (.max, 1), (4097, 4096), (1 << 24, 1),
        ]
        for (width, height) in sizes {
            let error = ImageError.badSize(width: width, height: height, limit: Image.mostPixels)
            #expect(throws: error) { try image.resized(width: width, height: height, filter: .bicubic) }
        }
    }

    /// The generator of make_images.py.
    private static func noise(_ width: Int, _ height: Int) throws -> Image {
        var state: UInt32 = 1
        let pixels = (0..<width * height * 3).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        return try Image(width: width, height: height, pixels: pixels)
    }
}
