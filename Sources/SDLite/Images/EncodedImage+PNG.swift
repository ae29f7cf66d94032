import CPNGReader

extension EncodedImage {
    static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// By libpng. The header's size decides what is allocated, so it is read here first (PNG specification, 5.3, 11.2.1).
    func decodePNG() throws(ImageError) -> Image {
        guard bytes.count >= 33 else { throw .damaged(file: name, reason: "the file ends too early") }
        guard bytes[12..<16].elementsEqual("IHDR".utf8) else {
            throw .damaged(file: name, reason: "it does not begin with a header")
        }
        let (width, height) = (bigEndian(at: 16), bigEndian(at: 20))
        // No PNG has more rows or columns; deflate makes at most 1032 bytes of one, and a byte at most 8 pixels.
        guard max(width, height) <= Int32.max, width * height <= bytes.count * 1032 * 8 else {
            throw .damaged(file: name, reason: "it is too short for the \(width)×\(height) pixels that it claims")
        }
        return try pixels(width: width, height: height) { pixels in
            var message = [CChar](repeating: 0, count: Int(PNG_READER_MESSAGE_SIZE))
            let code = png_reader_decode(
                bytes, bytes.count, UInt32(width), UInt32(height), pixels.baseAddress!, &message)
            guard code == 0 else {
                let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                return .damaged(file: name, reason: String(decoding: words, as: UTF8.self))
            }
            return nil
        }
    }

    private func bigEndian(at start: Int) -> Int {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
