import CIntrinsics
import Glibc

enum CPU {
    /// Cores' worth of time this process may use: those it may run on, or fewer if its control group has a quota.
    static var allowedCores: Int {
        guard let quota = ControlGroup().coreQuota else { return affineCores }
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
    // Intel's Software Developer's Manual, volume 1, 14.3 and 15.2: what the processor has, and of that what the operating
    // system saves when it switches between processes.
    private static let basic = sdlite_cpuid(1, 0)
    private static let extended = sdlite_cpuid(0, 0).eax >= 7 ? sdlite_cpuid(7, 0) : sdlite_registers()
    private static let saved = basic.ecx.has(27) ? sdlite_saved_registers() : 0

    /// AVX2, FMA and F16C, usable.
    static let hasAVX2 = saved & 0x6 == 0x6 && basic.ecx.has(12, 29) && extended.ebx.has(5)

    /// AVX-512 F, BW, DQ, VL and VNNI on top of those, usable.
    static let hasAVX512 = hasAVX2 && saved & 0xe6 == 0xe6 && extended.ebx.has(16, 17, 30, 31) && extended.ecx.has(11)
    #endif
}

extension UInt32 {
    fileprivate func has(_ bits: UInt32...) -> Bool { bits.allSatisfy { self >> $0 & 1 == 1 } }
}
