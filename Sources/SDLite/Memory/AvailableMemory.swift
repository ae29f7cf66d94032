import FoundationEssentials

/// What this process may use.
public enum AvailableMemory {
    /// The least of its control group's limit, of version 2 or 1, and of what the system has available; nil if neither
    /// can be told.
    public static var bytes: Int? {
        [controlGroup, systemAvailable].compactMap { $0 }.min()
    }

    private static var systemAvailable: Int? { meminfo(contents("/proc/meminfo")) }

    static func meminfo(_ text: String) -> Int? {
        let words = text.split(whereSeparator: { " \n".contains($0) })
        guard let i = words.firstIndex(of: "MemAvailable:"), i + 1 < words.count else { return nil }
        return Int(words[i + 1]).map { $0 * 1024 }
    }

    private static var controlGroup: Int? {
        groups(contents("/proc/self/cgroup")).flatMap { folder, file in
            ancestors(folder).compactMap { limit(contents("\($0)/\(file)")) }
        }.min()
    }

    /// The folders of the groups that this process is in, and the file there that holds the limit.
    static func groups(_ text: String) -> [(folder: String, file: String)] {
        text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if parts[1].isEmpty { return ("/sys/fs/cgroup" + path, "memory.max") }
            guard parts[1].split(separator: ",").contains("memory") else { return nil }
            return ("/sys/fs/cgroup/memory" + path, "memory.limit_in_bytes")
        }
    }

    /// A group's folder and those of the groups that it is in; a container may see only the uppermost.
    static func ancestors(_ folder: String) -> [String] {
        var folders = [folder]
        while let slash = folders[folders.count - 1].lastIndex(of: "/"), folders[folders.count - 1] != "/sys/fs/cgroup"
        {
            folders.append(String(folders[folders.count - 1][..<slash]))
        }
        return folders
    }

    /// "max", or in version 1 a number of 2^62 or so, is no limit.
    static func limit(_ text: String) -> Int? {
        guard let bytes = Int(text.prefix { $0 != "\n" }), bytes < 1 << 60 else { return nil }
        return bytes
    }

    private static func contents(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
