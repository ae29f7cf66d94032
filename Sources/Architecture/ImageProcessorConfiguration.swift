import Quant

/// `feature_extractor/preprocessor_config.json` of transformers' `CLIPImageProcessor`, once `CLIPFeatureExtractor`
/// (models/clip/image_processing_clip.py), which prepares pictures for the safety checker; absent keys take its defaults.
package struct ImageProcessorConfiguration: ConfigurationDocument {
    /// What the shorter side of a picture is resized to.
    package let shortestEdge: Int
    /// Height and width of what is then cut out of the middle.
    package let cropSize: Int
    /// Of red, green and blue; subtracted from 0…1.
    package let mean: [Float]
    /// Of red, green and blue; what is left is divided by it.
    package let standardDeviation: [Float]

    private enum CodingKeys: String, CodingKey {
        case size, cropSize = "crop_size", mean = "image_mean", standardDeviation = "image_std"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        shortestEdge = try values.value(.size, default: Sides.number(224)).length(["shortest_edge"])
        cropSize = try values.value(.cropSize, default: Sides.number(224)).length(["height", "width"])
        mean = try values.value(.mean, default: [0.48145466, 0.4578275, 0.40821073])
        standardDeviation = try values.value(.standardDeviation, default: [0.26862954, 0.26130258, 0.27577711])
    }

    /// `224`, or an object that says which sides have this length.
    private enum Sides: Decodable {
        case number(Int)
        case named([String: Int?])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .named(try container.decode([String: Int?].self))
            }
        }

        /// The length of these sides; 0, which no side has, if others are named or they differ.
        func length(_ names: Set<String>) -> Int {
            switch self {
            case .number(let number): return number
            case .named(let lengths):
                let known = lengths.compactMapValues { $0 }
                guard Set(known.keys) == names, Set(known.values).count == 1 else { return 0 }
                return known.values.first ?? 0
            }
        }
    }
}

extension ImageProcessorConfiguration {
    package static let document = "feature_extractor/preprocessor_config.json"

    package static func checkKind(_ values: [String: JSONValue]) throws(ConfigurationError) {
        for key in ["feature_extractor_type", "image_processor_type"] {
            guard let found = values[key], found != .null else { continue }
            try require(
                classes.contains { found == .text($0) },
                "\(key) is \(found), expected \(classes.joined(separator: " or "))")
        }
        try requirePermitted(
            [
                "do_resize": .flag(true), "do_center_crop": .flag(true), "do_rescale": .flag(true),
                "do_normalize": .flag(true), "resample": .number(3), "rescale_factor": .number(1 / 255),
            ], values)
    }

    /// The names that it had: in the original upload, since transformers 4.26, and with one way of resizing or another.
    private static let classes = [
        "CLIPFeatureExtractor", "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil",
    ]

    package func check() throws(ConfigurationError) {
        try Self.require(
            (1...2048).contains(cropSize),
            "crop_size is not what is expected: 1 to 2048, as a number or as equal height and width")
        try Self.require(
            (cropSize...4096).contains(shortestEdge),
            "size is not what is expected: crop_size, \(cropSize), to 4096, as a number or as shortest_edge")
        for (key, values, range) in [
            ("image_mean", mean, Float(0)...1), ("image_std", standardDeviation, Float(0.001)...1000),
        ] {
            try Self.require(values.count == 3, "\(key) has \(values.count) entries, expected 3: red, green and blue")
            for value in values { try Self.require("an entry of \(key)", value, in: range) }
        }
    }
}
