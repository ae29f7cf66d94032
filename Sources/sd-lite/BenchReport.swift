import FoundationEssentials
import Kernels

/// What `sd-lite bench` measured.
struct BenchReport {
    enum Part: String, CaseIterable {
        case text, unet, vae

        var title: String {
            switch self {
            case .text: "text encoder, 2 prompts"
            case .unet: "U-Net, batch 2"
            case .vae: "VAE decode"
            }
        }
    }

    let width: Int
    let height: Int
    let threads: Int
    let kernels: String
    /// The processor that OpenBLAS takes this one for.
    let sgemmKernels: String?
    var peakMemoryBytes = 0
    /// What else there is to say, on one line.
    let note: String?
    /// Once per round.
    var sgemm: [Yardstick.Rate] = []
    private var seconds: [Part: [Double]] = [:]
    private var groups: [Part: [String: Trace.Group]] = [:]

    init(width: Int, height: Int, threads: Int, kernels: String, sgemmKernels: String?, note: String?) {
        self.width = width
        self.height = height
        self.threads = threads
        self.kernels = kernels
        self.sgemmKernels = sgemmKernels
        self.note = note
    }

    mutating func add(_ part: Part, seconds: Double, groups: [Trace.Group]) {
        self.seconds[part, default: []].append(seconds)
        for group in groups {
            self.groups[part, default: [:]][group.name, default: Trace.Group(name: group.name)].add(
                calls: group.calls, seconds: group.seconds, products: group.products)
        }
    }

    private struct Facts: Encodable {
        let width: Int
        let height: Int
        let threads: Int
        let kernels: String
        let sgemm_kernels: String?
        /// Of every round.
        let seconds: [String: [Double]]
        /// Multiply-adds of one evaluation.
        let products: [String: Int]
        /// Multiply-adds a second, of every round.
        let sgemm_sustained: [Double]
        let sgemm_burst: [Double]
        let groups: [String: [Trace.Group]]
        let peak_memory_bytes: Int
        let note: String?
    }

    /// One line.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let facts = Facts(
                width: width, height: height, threads: threads, kernels: kernels, sgemm_kernels: sgemmKernels,
                seconds: Dictionary(uniqueKeysWithValues: seconds.map { ($0.rawValue, $1) }),
                products: Dictionary(uniqueKeysWithValues: seconds.keys.map { ($0.rawValue, products($0)) }),
                sgemm_sustained: sgemm.map(\.sustained), sgemm_burst: sgemm.map(\.burst),
                groups: Dictionary(uniqueKeysWithValues: groups.map { ($0.rawValue, Array($1.values)) }),
                peak_memory_bytes: peakMemoryBytes, note: note)
            return String(decoding: try encoder.encode(facts), as: UTF8.self)
        }
    }

    func table(withGroups: Bool) -> String {
        let rounds = seconds[.unet]?.count ?? 0
        var lines = ["\(width)×\(height), \(threads) threads, \(kernels) kernels, medians of \(rounds) rounds"]
        let yardstick = sgemm.isEmpty ? nil : median(sgemm.map(\.sustained))
        lines.append(row("", "seconds", "GMAC", "GMAC/s", yardstick == nil ? "" : "time / sgemm's"))
        for part in Part.allCases {
            guard let times = seconds[part] else { continue }
            lines.append(row(part.title, seconds: median(times), products: products(part), yardstick: yardstick))
            guard withGroups else { continue }
            for group in (groups[part] ?? [:]).values.sorted(by: { $0.seconds > $1.seconds }) {
                let n = times.count
                lines.append(
                    row(
                        "  \(group.name) (\(group.calls / n)×)", seconds: group.seconds / Double(n),
                        products: group.products / n, yardstick: yardstick))
            }
        }
        if let yardstick {
            lines.append(
                "sgemm (OpenBLAS, \(sgemmKernels ?? "?") kernels): \(decimal(yardstick * 1e-9)) GMAC/s sustained, "
                    + "\(decimal(median(sgemm.map(\.burst)) * 1e-9)) at best")
        }
        if let note { lines.append(note) }
        lines.append("peak resident memory: \(peakMemoryBytes >> 20) MiB")
        return lines.joined(separator: "\n")
    }

    private func products(_ part: Part) -> Int {
        let rounds = seconds[part]?.count ?? 1
        return (groups[part] ?? [:]).values.reduce(0) { $0 + $1.products } / rounds
    }

    private func row(_ title: String, seconds: Double, products: Int, yardstick: Double?) -> String {
        guard products > 0 else { return row(title, decimal(seconds, 3), "", "", "") }
        return row(
            title, decimal(seconds, 3), decimal(Double(products) * 1e-9), decimal(Double(products) / seconds * 1e-9),
            yardstick.map { decimal(seconds * $0 / Double(products)) } ?? "")
    }

    private func row(_ columns: String...) -> String {
        let widths = [38, 9, 10, 9, 16]
        return zip(columns, widths).enumerated().map { i, column in
            let (text, width) = column
            let blanks = String(repeating: " ", count: max(0, width - text.count))
            return i == 0 ? text + blanks : blanks + text
        }.joined()
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
