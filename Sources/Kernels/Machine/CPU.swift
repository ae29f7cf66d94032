import Glibc

enum CPU {
    /// Cores' worth of time this process may use: those it may run on, or fewer if its control group has a quota.
    static var allowedCores: Int {
        guard let quota = ControlGroup.coreQuota else { return affineCores }
        return max(1, min(affineCores, Int(quota.rounded(.up))))
    }

    private static var affineCores: Int {
        var set = [UInt64](repeating: 0, count: 16)  // cpu_set_t: 1024 bits
        guard schedGetAffinity(0, set.count * 8, &set) == 0 else { return 1 }
        return max(1, set.reduce(0) { $0 + $1.nonzeroBitCount })
    }

    /// The C library declares it behind a feature macro that Swift's module of it does not set.
    @_silgen_name("sched_getaffinity")
    private static func schedGetAffinity(_ process: Int32, _ size: Int, _ set: UnsafeMutablePointer<UInt64>) -> Int32

    #if arch(x86_64)
    /// glibc's own reading of CPUID leaf `leaf`: after four raw registers, the four that the operating system enables.
    @_silgen_name("__x86_get_cpuid_feature_leaf")
    private static func featureLeaf(_ leaf: UInt32) -> UnsafePointer<UInt32>?

    private static func has(_ leaf: UInt32, _ register: Int, _ bit: UInt32) -> Bool {
        guard let registers = featureLeaf(leaf) else { return false }
        return registers[4 + register] >> bit & 1 == 1
    }

    /// AVX2, FMA and F16C, usable.
    static let hasAVX2 = has(1, 1, 5) && has(0, 2, 12) && has(0, 2, 29)

    /// AVX-512 F, BW, DQ, VL and VNNI on top of those, usable.
    static let hasAVX512 = hasAVX2 && has(1, 1, 16) && has(1, 1, 17) && has(1, 1, 30) && has(1, 1, 31) && has(1, 2, 11)
    #endif
}

func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
}
