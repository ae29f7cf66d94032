import FoundationEssentials
import SDLite

/// What came out of a generation, for people and for programs.
struct GenerationReport: Encodable {
    let seed: UInt64
    let textSeconds: Double
    let stepSeconds: [Double]
    let decodeSeconds: Double
    /// Left out of the JSON, like `nsfwContentDetected`, if nothing was checked.
    let checkSeconds: Double?
    let nsfwContentDetected: [Bool]?
    let peakMemoryBytes: Int
    /// The most resident memory of each kind in every stage.
    let memory: [String: MemoryUsage]
    let stallSeconds: Double
    let files: [String]
    private let seconds: Double

    private enum CodingKeys: String, CodingKey {
        case seed, textSeconds = "text_seconds", stepSeconds = "step_seconds", decodeSeconds = "decode_seconds"
        case checkSeconds = "check_seconds", nsfwContentDetected
        case peakMemoryBytes = "peak_memory_bytes", memory, stallSeconds = "stall_seconds", files
    }

    init(_ generation: Generation, files: [String]) {
        seed = generation.seed
        textSeconds = generation[.encodingText]?.seconds ?? 0
        stepSeconds = generation.stepSeconds
        decodeSeconds = generation[.decoding]?.seconds ?? 0
        checkSeconds = generation[.checking]?.seconds
        nsfwContentDetected = generation.nsfwContentDetected
        seconds = generation.seconds
        peakMemoryBytes = MemoryUsage.peak
        stallSeconds = generation.stages.reduce(0) { $0 + $1.stallSeconds }
        memory = Dictionary(uniqueKeysWithValues: generation.stages.map { ($0.stage.rawValue, $0.memory) })
        self.files = files
    }

    /// One line.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var summary: String {
        "\(filesAndSeed), \(decimal(seconds, 1)) seconds"
    }

    var filesAndSeed: String { "\(files.joined(separator: ", "))\nseed \(seed)" }

    /// Where time and memory went.
    var details: String {
        let median = stepSeconds.sorted()[stepSeconds.count / 2]
        let checking = checkSeconds.map { ", checking \(decimal($0)) s" } ?? ""
        let memoryByStage = Stage.allCases.map(\.rawValue).compactMap { stage in
            memory[stage].map { "\(stage) \($0.anonymous / 1_000_000) + \($0.file / 1_000_000) MB" }
        }
        return """
            text \(decimal(textSeconds)) s, \(stepSeconds.count) steps of \(decimal(median)) s, \
            decoding \(decimal(decodeSeconds)) s\(checking), waiting for weights \(decimal(stallSeconds)) s
            peak memory \(peakMemoryBytes / 1_000_000) MB; anonymous + file: \(memoryByStage.joined(separator: ", "))
            """
    }
}
