import FoundationEssentials
import Kernels
import Terminal

/// The most resident memory that this process has had, in bytes, pages of the mapped model included; 0 if it cannot be
/// told. `getrusage` would count what the parent process held before it started this program.
func peakMemory() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return kibibytes * 1024
}

/// Computes on as many threads as asked for, and stops after the layer in work once the user interrupts.
func makeCompute(threads: Int?, arithmetic: Arithmetic = .mixed, trace: Trace? = nil) -> Compute {
    Compute(threads: threads, arithmetic: arithmetic, trace: trace, isCancelled: { Interruption.requested })
}
