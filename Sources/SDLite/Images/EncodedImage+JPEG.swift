import CTurboJPEG

extension EncodedImage {
    static let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]

    /// By libjpeg-turbo, with what Pillow uses too: the accurate inverse transform and smooth enlarging of colour.
    /// Whatever libjpeg warns of is an error here, as is a progressive file of more than 500 scans, which would take
    /// minutes.
    func decodeJPEG() throws(ImageError) -> Image {
        guard let decoder = tjInitDecompress() else {
            throw .cannotRead(file: name, reason: "libjpeg-turbo cannot be started")
        }
        defer { tjDestroy(decoder) }
        var (width, height, subsampling, colours) = (CInt(0), CInt(0), CInt(0), CInt(0))
        guard
            tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &colours) == 0
        else { throw .damaged(file: name, reason: Self.reason(decoder)) }
        guard colours != CInt(TJCS_CMYK.rawValue), colours != CInt(TJCS_YCCK.rawValue) else {
            throw .unsupported(file: name, reason: "the JPEG's colours are CMYK; only RGB and grey can be read")
        }
        return try pixels(width: Int(width), height: Int(height)) { pixels in
            let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
            let code = tjDecompress2(
                decoder, bytes, UInt(bytes.count), pixels.baseAddress, width, 3 * width, height,
                CInt(TJPF_RGB.rawValue), flags)
            return code == 0 ? nil : .damaged(file: name, reason: Self.reason(decoder))
        }
    }

    private static func reason(_ decoder: tjhandle) -> String {
        tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "libjpeg-turbo does not say why"
    }
}
