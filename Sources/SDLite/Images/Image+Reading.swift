import Quant

extension Image {
    /// Reads a PNG or JPEG file, told apart by what they hold, not by their names. Gives what Pillow's `convert("RGB")`
    /// gives: alpha is dropped, gamma and colour profiles are ignored; but of 16-bit grey the upper 8 bits are kept.
    /// EXIF's orientation is ignored.
    /// - Parameters:
    ///   - path: of a regular file of at most 8 bytes a permitted pixel and 1 MiB more
    ///   - mostPixels: a picture that claims more is refused before it is decoded. While it is decoded, a PNG needs 3
    ///     bytes a pixel, a progressive JPEG 9
    /// - Throws: `ImageError.cannotRead`, `.unknownFormat`, `.tooManyPixels`, `.unsupported` for JPEG in CMYK, `.damaged`
    public init(contentsOf path: String, mostPixels: Int = Image.mostPixels) throws(ImageError) {
        let bytes: [UInt8]
        do {
            let mostBytes = min(max(mostPixels, 0), Self.ceiling) * 8 + (1 << 20)
            bytes = try readFile(path: path, limit: mostBytes)
        } catch {
            throw .cannotRead(file: path, reason: error.reason)
        }
        try self.init(data: bytes, name: path, mostPixels: mostPixels)
    }

    /// The same from the bytes of a file.
    /// - Parameters:
    ///   - data: a whole PNG or JPEG file
    ///   - name: what errors call it
    ///   - mostPixels: a picture that claims more is refused before it is decoded
    /// - Throws: as `init(contentsOf:)`, but for `.cannotRead`
    public init(
        data: [UInt8], name: String = "picture", mostPixels: Int = Image.mostPixels
    ) throws(ImageError) {
        let file = EncodedImage(bytes: data, name: name, mostPixels: min(mostPixels, Self.ceiling))
        if data.starts(with: EncodedImage.pngSignature) {
            self = try file.decodePNG()
        } else if data.starts(with: EncodedImage.jpegSignature) {
            self = try file.decodeJPEG()
        } else {
            throw .unknownFormat(file: name)
        }
    }

    /// No limit goes beyond this: sizes in bytes stay far from overflow.
    private static let ceiling = 1 << 32
}
