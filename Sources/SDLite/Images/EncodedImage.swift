/// A picture's file that nobody has looked at yet.
struct EncodedImage {
    let bytes: [UInt8]
    let name: String
    let mostPixels: Int

    /// Pixels that a decoder writes, or an error; nothing is allocated for a size that is not permitted.
    func pixels(
        width: Int, height: Int, decode: (UnsafeMutableBufferPointer<UInt8>) -> ImageError?
    ) throws(ImageError) -> Image {
        guard width > 0, height > 0 else {
            throw .damaged(file: name, reason: "it claims a size of \(width)×\(height) pixels")
        }
        guard width * height <= mostPixels else {
            throw .tooManyPixels(file: name, width: width, height: height, limit: mostPixels)
        }
        var failure: ImageError?
        let byteCount = width * height * 3
        let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            failure = decode(UnsafeMutableBufferPointer(rebasing: buffer[..<byteCount]))
            initialized = failure == nil ? byteCount : 0
        }
        if let failure { throw failure }
        return Image(width: width, pixels: pixels)
    }
}
