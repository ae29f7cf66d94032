/// The constants of the `.sdq` format.
public enum WeightFormat {
    public static let magic: [UInt8] = Array("SDLITEQ1".utf8)
    public static let version: UInt32 = 1
    /// Bytes before the JSON header: magic, version, checksum, byte count.
    static let prologueByteCount = 24
    static let headerLimit = 100_000_000
    static let documentLimit = 64 << 20
    static let tensorAlignment = 64
    static let componentAlignment = 4096
}

/// The JSON header of a `.sdq` file.
public struct Header: Codable, Sendable, Equatable {
    /// Name and version of the program that wrote the file.
    public let converter: String
    public let documents: [DocumentEntry]
    /// In the order in which the engine uses them: text encoder, U-Net, VAE.
    public let tensors: [TensorEntry]
}

public enum Compression: String, Codable, Sendable {
    case none, lz4
}

/// A text file that travels inside: configuration, tokenizer, licence.
public struct DocumentEntry: Codable, Sendable, Equatable {
    public let name: String
    /// From the start of the data.
    public let offset: Int
    /// Bytes of the document itself.
    public let byteCount: Int
    /// Bytes that it takes in the file.
    public let storedByteCount: Int
    public let compression: Compression
    /// CRC-32 of the document itself.
    public let crc32: UInt32
}

public struct TensorEntry: Codable, Sendable, Equatable {
    public let name: String
    public let shape: [Int]
    public let scheme: Scheme
    /// Input channels that share a scale; nil except for `int8Panels`.
    public let block: Int?
    /// From the start of the data.
    public let offset: Int
    public let byteCount: Int
    /// CRC-32 of the bytes as stored.
    public let crc32: UInt32

    /// What stands before the first dot of the name: `text_encoder`, `unet` or `vae`.
    public var component: Substring { name.prefix { $0 != "." } }
}

func roundUp(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) / alignment * alignment
}
