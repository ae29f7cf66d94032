/// The constants of the `.sdq` format.
package enum WeightFormat {
    package static let magic: [UInt8] = Array("SDLITEQ1".utf8)
    package static let version: UInt32 = 1
    /// Bytes before the JSON header: magic, version, checksum, byte count.
    static let prologueByteCount = 24
    static let headerLimit = 100_000_000
    static let documentLimit = 64 << 20
    static let tensorAlignment = 64
    static let componentAlignment = 4096
}

/// The JSON header of a `.sdq` file.
package struct Header: Codable, Sendable, Equatable {
    /// Name and version of the program that wrote the file.
    package let converter: String
    package let documents: [DocumentEntry]
    /// In the order in which the engine uses them: text encoder, U-Net, VAE.
    package let tensors: [TensorEntry]
}

package enum Compression: String, Codable, Sendable {
    case none, lz4
}

/// A text file that travels inside: configuration, tokenizer, licence.
package struct DocumentEntry: Codable, Sendable, Equatable {
    package let name: String
    /// From the start of the data.
    package let offset: Int
    /// Bytes of the document itself.
    package let byteCount: Int
    /// Bytes that it takes in the file.
    package let storedByteCount: Int
    package let compression: Compression
    /// CRC-32 of the document itself.
    package let crc32: UInt32
}

package struct TensorEntry: Codable, Sendable, Equatable {
    package let name: String
    package let shape: [Int]
    package let scheme: Scheme
    /// Input channels that share a scale; nil except for `int8Panels`.
    package let block: Int?
    /// From the start of the data.
    package let offset: Int
    package let byteCount: Int
    /// CRC-32 of the bytes as stored.
    package let crc32: UInt32

    /// What stands before the first dot of the name: `text_encoder`, `unet` or `vae`.
    package var component: Substring { name.prefix { $0 != "." } }
}

func roundUp(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) / alignment * alignment
}
