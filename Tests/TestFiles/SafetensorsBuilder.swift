/// Builds safetensors files, right ones and wrong ones.
public struct SafetensorsBuilder {
    public enum Kind: String {
        case f32 = "F32", f16 = "F16", bf16 = "BF16", i64 = "I64"
    }

    /// What the file says about itself.
    public var metadata = ["format": "pt"]
    private var entries: [String] = []
    private var data: [UInt8] = []

    public init() {}

    public mutating func add(_ name: String, _ shape: [Int], _ values: [Float], as kind: Kind = .f32) {
        let start = data.count
        for value in values {
            switch kind {
            case .f32: append(value.bitPattern)
            case .f16: append(Float16(value).bitPattern)
            case .bf16: append(UInt16(truncatingIfNeeded: value.bitPattern >> 16))
            case .i64: append(UInt64(value))
            }
        }
        addEntry(name, kind.rawValue, shape, start, data.count)
    }

    /// An entry as it stands, with no data of its own.
    public mutating func addEntry(_ name: String, _ dtype: String, _ shape: [Int], _ begin: Int, _ end: Int) {
        let dimensions = shape.map(String.init).joined(separator: ",")
        entries.append(#""\#(name)":{"dtype":"\#(dtype)","shape":[\#(dimensions)],"data_offsets":[\#(begin),\#(end)]}"#)
    }

    public var bytes: [UInt8] {
        let texts = metadata.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }
        let all = [#""__metadata__":{\#(texts.joined(separator: ","))}"#] + entries
        return SafetensorsBuilder.file(json: "{" + all.joined(separator: ",") + "}", data: data)
    }

    public static func file(json: String, data: [UInt8]) -> [UInt8] {
        let header = Array(json.utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
    }

    private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { data += $0 }
    }
}
