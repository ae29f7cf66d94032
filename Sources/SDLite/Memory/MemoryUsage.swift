import FoundationEssentials
import Glibc
import Kernels
import Synchronization

/// Resident memory of this process, in bytes; 0 where Linux does not tell it.
public struct MemoryUsage: Sendable, Encodable {
    /// All resident memory: `anonymous` and `file` together.
    public private(set) var total = 0
    /// What is not backed by a file: activations, above all.
    public private(set) var anonymous = 0
    /// Pages of mapped files: the model's weights, the program.
    public private(set) var file = 0

    private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// What is resident at this moment.
    public static var now: MemoryUsage {
        // Pages in all, resident, and of these backed by a file (proc(5), statm).
        let words = ((try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? "").split(separator: " ")
        guard words.count > 2, let total = Int(words[1]), let file = Int(words[2]) else { return MemoryUsage() }
        var usage = MemoryUsage()
        (usage.total, usage.anonymous, usage.file) = (total * pageSize, (total - file) * pageSize, file * pageSize)
        return usage
    }

    /// The most that was ever resident, pages of the mapped model included.
    public static var peak: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        let words = line.split(whereSeparator: { " \t".contains($0) })
        return words.count > 1 ? (Int(words[1]) ?? 0) * 1024 : 0
    }

    /// Begins the peak anew, if the system lets this process (proc(5), clear_refs).
    public static func resetPeak() {
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    /// The larger of each number.
    func maximum(_ other: MemoryUsage) -> MemoryUsage {
        var usage = self
        usage.total = max(total, other.total)
        usage.anonymous = max(anonymous, other.anonymous)
        usage.file = max(file, other.file)
        return usage
    }
}

/// Looks at resident memory a hundred times a second.
final class MemoryWatch {
    private final class Peaks: Sendable {
        let usage = Mutex(MemoryUsage())
    }
    private let peaks: Peaks
    private let ticker: Ticker

    init() {
        let peaks = Peaks()
        self.peaks = peaks
        ticker = Ticker(milliseconds: 10) { peaks.usage.withLock { $0 = $0.maximum(.now) } }
    }

    /// The most of each kind since the last call.
    func take() -> MemoryUsage {
        peaks.usage.withLock { usage in
            defer { usage = MemoryUsage() }
            return usage.maximum(.now)
        }
    }
}
