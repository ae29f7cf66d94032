import FoundationEssentials
import Kernels

/// What this process may use.
public enum AvailableMemory {
    /// The least of its control groups' limits and of what the system has available; nil if neither can be told.
    public static var bytes: Int? {
        [ControlGroup().memoryLimit, systemAvailable].compactMap { $0 }.min()
    }

    private static var systemAvailable: Int? { meminfo(contents("/proc/meminfo")) }

    static func meminfo(_ text: String) -> Int? {
        let words = text.split(whereSeparator: { " \n".contains($0) })
        guard let i = words.firstIndex(of: "MemAvailable:"), i + 1 < words.count else { return nil }
        return Int(words[i + 1]).map { $0 * 1024 }
    }

    private static func contents(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
