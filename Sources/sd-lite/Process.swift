import Kernels
import Terminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The most resident memory that this process has had, in bytes.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(0), &usage)  // RUSAGE_SELF
    return usage.ru_maxrss * 1024
}

/// Computes on as many threads as asked for, and stops after the layer in work once the user interrupts.
func makeCompute(threads: Int?, arithmetic: Arithmetic = .mixed, trace: Trace? = nil) -> Compute {
    Compute(threads: threads, arithmetic: arithmetic, trace: trace, isCancelled: { Interruption.requested })
}
