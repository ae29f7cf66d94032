import Glibc

/// What the process's Linux control group allows.
enum ControlGroup {
    /// Cores' worth of processor time, by version 2 (`cpu.max`: quota and period in µs) or version 1; nil if unlimited.
    static var coreQuota: Double? {
        if let limit = firstLine("/sys/fs/cgroup/cpu.max")?.split(separator: " "), limit.count == 2 {
            return ratio(Double(limit[0]), Double(limit[1]))
        }
        return ratio(
            firstLine("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").flatMap(Double.init),
            firstLine("/sys/fs/cgroup/cpu/cpu.cfs_period_us").flatMap(Double.init))
    }

    static func ratio(_ quota: Double?, _ period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return quota / period
    }

    private static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
