import Glibc

/// What the Linux control groups of this process allow, its own and those around it: the tightest limit holds. Both
/// versions may be mounted; of a container's groups only the uppermost may be seen.
package struct ControlGroup {
    private let root: String

    /// - Parameter root: the folder where `/proc` and `/sys` are
    package init(root: String = "") { self.root = root }

    /// Cores' worth of processor time; nil if unlimited.
    package var coreQuota: Double? {
        folders(controller: "cpu").compactMap { folder, version in
            // Version 2: quota and period, in µs.
            let limit =
                version == 2
                ? numbers("\(folder)/cpu.max")
                : numbers("\(folder)/cpu.cfs_quota_us") + numbers("\(folder)/cpu.cfs_period_us")
            guard limit.count == 2, limit[0] > 0, limit[1] > 0 else { return nil }
            return limit[0] / limit[1]
        }.min()
    }

    /// Bytes of memory; nil if unlimited.
    package var memoryLimit: Int? {
        folders(controller: "memory").compactMap { folder, version in
            let limit = numbers("\(folder)/memory.\(version == 2 ? "max" : "limit_in_bytes")")
            // In version 1, 2^63 less a page is no limit.
            return limit.first.flatMap { $0 >= 0 && $0 < 0x1p60 ? Int($0) : nil }
        }.min()
    }

    /// The folders of the groups that this process is in, and of those that these are in.
    private func folders(controller: String) -> [(folder: String, version: Int)] {
        lines("\(root)/proc/self/cgroup").flatMap { line -> [(String, Int)] in
            // number:controllers:path, in version 2 without controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let (mounts, version) =
                if parts[1].isEmpty {
                    (["", "/unified"], 2)
                } else if parts[1].split(separator: ",").contains(Substring(controller)) {
                    (["/\(controller)"], 1)
                } else { ([], 1) }
            var names = parts[2].split(separator: "/")
            var paths = [""]
            while !names.isEmpty {
                paths.append("/" + names.joined(separator: "/"))
                names.removeLast()
            }
            return mounts.flatMap { mount in paths.map { ("\(root)/sys/fs/cgroup\(mount)\($0)", version) } }
        }
    }

    /// The numbers of a file of one line; "max" is none.
    private func numbers(_ path: String) -> [Double] {
        (lines(path).first ?? "").split(separator: " ").compactMap { Double($0) }
    }

    private func lines(_ path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
