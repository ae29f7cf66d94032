import Quant

/// What is wrong with a configuration: one sentence on what it says and what is expected.
package struct ConfigurationError: Error, Equatable {
    /// The document's name, such as `unet/config.json`.
    package let document: String
    package let reason: String
}

/// A JSON document that describes a pipeline or one of its networks. Whoever reads one through `init(json:)` may rely
/// on every bound that `check` states.
package protocol ConfigurationDocument: Decodable, Sendable {
    /// Its name in a checkpoint and in a model file.
    static var document: String { get }
    /// Refuses what this project does not know: other classes, and features that Stable Diffusion 1 and 2 do not have.
    static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError)
    /// Refuses values that make no sense, or that the engine cannot compute with.
    func check() throws(ConfigurationError)
}

extension ConfigurationDocument {
    /// Decodes and checks a document. Checkpoints and model files are read by the same rules.
    package init(json: [UInt8]) throws(ConfigurationError) {
        try Self.require(json.count <= 1 << 20, "larger than 1 MiB, expected a configuration")
        try Self.checkKind(Self.decode([String: JSONValue].self, json))
        self = try Self.decode(Self.self, json)
        try check()
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ json: [UInt8]
    ) throws(ConfigurationError) -> Value {
        do {
            return try decodeJSON(type, from: json)
        } catch {
            throw ConfigurationError(document: document, reason: "malformed JSON: \(error.reason)")
        }
    }
}

extension KeyedDecodingContainer {
    /// A value, or what diffusers or transformers take where the key is absent or null.
    func value<Value: Decodable>(_ key: Key, default absent: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? absent
    }
}
