import CPNG
import Quant

extension Image {
    /// Writes an RGB PNG, which appears under its name only when it is complete.
    /// - Parameters:
    ///   - path: where; a file of this name is replaced
    ///   - parameters: how the picture was made, stored under the keyword "parameters" where A1111 puts it
    /// - Throws: `ImageError.cannotWrite`, `.cannotEncode`
    public func writePNG(to path: String, parameters: String? = nil) throws(ImageError) {
        let bytes = try pngData(parameters: parameters)
        do {
            try writeFile(bytes, path: path)
        } catch {
            throw .cannotWrite(file: path, reason: error.reason)
        }
    }

    /// The bytes of an RGB PNG file.
    /// - Parameter parameters: as of `writePNG`; NUL characters, which PNG does not permit there, are left out
    /// - Throws: `ImageError.cannotEncode` for what is larger than PNG can say
    public func pngData(parameters: String? = nil) throws(ImageError) -> [UInt8] {
        var bytes = try encode()
        if let parameters {
            guard parameters.utf8.count < 1 << 30 else { throw .cannotEncode(reason: "its parameters are too long") }
            // The text goes right behind the header: signature 8, IHDR 25.
            bytes.insert(contentsOf: Self.textChunk(keyword: "parameters", text: parameters), at: 33)
        }
        return bytes
    }

    private func encode() throws(ImageError) -> [UInt8] {
        guard let rowSize = png_int_32(exactly: width * 3), let rowCount = png_uint_32(exactly: height) else {
            throw .cannotEncode(reason: "it is too large")
        }
        var control = png_image()
        control.version = png_uint_32(PNG_IMAGE_VERSION)
        control.width = png_uint_32(width)
        control.height = rowCount
        control.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
        // libpng's bound for what can come out: PNG_IMAGE_PNG_SIZE_MAX is a macro that Swift does not see.
        let rows = (width * 3 + 1) * height
        var size = rows + rows >> 12 + rows >> 14 + rows >> 25 + 1024 + rows / 8192 * 12
        var bytes = [UInt8](repeating: 0, count: size)
        guard png_image_write_to_memory(&control, &bytes, &size, 0, pixels, rowSize, nil) != 0 else {
            let message = withUnsafeBytes(of: control.message) { Array($0.prefix { $0 != 0 }) }
            throw .cannotEncode(reason: String(decoding: message, as: UTF8.self))
        }
        bytes.removeSubrange(size...)
        return bytes
    }

    /// tEXt where Latin-1 suffices, else iTXt (PNG specification, 11.3.4), as Pillow decides it.
    private static func textChunk(keyword: String, text: String) -> [UInt8] {
        let scalars = text.unicodeScalars.filter { $0 != "\0" }
        let latin1 = scalars.compactMap { UInt8(exactly: $0.value) }
        if latin1.count == scalars.count {
            return chunk("tEXt", Array(keyword.utf8) + [0] + latin1)
        }
        let uncompressedWithoutLanguage: [UInt8] = [0, 0, 0, 0, 0]
        return chunk("iTXt", Array(keyword.utf8) + uncompressedWithoutLanguage + String(scalars).utf8)
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(Checksum.of(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
