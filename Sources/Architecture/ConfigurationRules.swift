import Quant

/// The rules that configurations are made of.
extension ConfigurationDocument {
    static func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws(ConfigurationError) {
        if !holds { throw ConfigurationError(document: document, reason: reason()) }
    }

    static func require<Number: Comparable & Sendable>(
        _ key: String, _ value: Number, in range: ClosedRange<Number>
    ) throws(ConfigurationError) {
        try require(
            range.contains(value), "\(key) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }

    /// Widths of blocks: 1 to 8 multiples of 8, which the kernels ask for, and of the norms' groups.
    static func requireWidths(_ widths: [Int], groups: Int) throws(ConfigurationError) {
        try require(
            (1...8).contains(widths.count), "block_out_channels has \(widths.count) entries, expected 1 to 8")
        try require("norm_num_groups", groups, in: 1...largestWidth)
        for width in widths {
            try require("an entry of block_out_channels", width, in: 1...largestWidth)
            try require(
                width % 8 == 0 && width % groups == 0,
                "an entry of block_out_channels is \(width), expected a multiple of 8 and of norm_num_groups, \(groups)"
            )
        }
    }

    /// What text encoder and vision transformer have in common.
    static func requireTransformer(
        hiddenSize: Int, intermediateSize: Int, layers: Int, heads: Int, activation: String, normEpsilon: Float
    ) throws(ConfigurationError) {
        try require("hidden_size", hiddenSize, in: 1...largestWidth)
        try require("num_attention_heads", heads, in: 1...largestWidth)
        try require(
            hiddenSize % 8 == 0 && hiddenSize % heads == 0,
            "hidden_size is \(hiddenSize), expected a multiple of 8 and of num_attention_heads, \(heads)")
        try require("intermediate_size", intermediateSize, in: 1...largestWidth)
        try require("num_hidden_layers", layers, in: 1...128)
        try require(
            ["quick_gelu", "gelu"].contains(activation),
            "hidden_act is '\(oneLine(activation))', expected quick_gelu or gelu")
        try require("layer_norm_eps", normEpsilon, in: normEpsilons)
    }

    static func requireTypes(
        _ key: String, _ types: [String], count: Int, among known: [String]
    ) throws(ConfigurationError) {
        try require(
            types.count == count, "\(key) has \(types.count) entries, expected as many as block_out_channels, \(count)")
        for type in types {
            try require(
                known.contains(type),
                "an entry of \(key) is '\(oneLine(type))', expected \(known.joined(separator: " or "))\(inVersions)")
        }
    }

    static func requireClass(_ key: String, _ found: JSONValue?, _ expected: String) throws(ConfigurationError) {
        try require(found == .text(expected), "\(key) is \(found ?? .null), expected '\(expected)'\(inVersions)")
    }

    /// Keys with the only value that is permitted. An absent feature may also be written as null or false.
    static func requirePermitted(
        _ rules: KeyValuePairs<String, JSONValue>, _ values: [String: JSONValue]
    ) throws(ConfigurationError) {
        for (key, permitted) in rules {
            guard let found = values[key], found != permitted, found != .null else { continue }
            try require(
                permitted == .null && found == .flag(false), "\(key) is \(found), expected \(permitted)\(inVersions)")
        }
    }
}

/// With widths up to this, vocabularies of ten millions and 3×3 convolutions over two joined maps, no product of sizes
/// comes near 63 bits.
let largestWidth = 65_536

/// Below the smallest, a channel of equal values would be divided by nearly nothing.
let normEpsilons: ClosedRange<Float> = 1e-12...0.1

/// What is not as in these versions is refused.
let inVersions = ", as in Stable Diffusion 1 and 2"
