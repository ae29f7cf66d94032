import Kernels
import Terminal

/// Computes on as many threads as asked for, and stops after the layer in work once the user interrupts.
func makeCompute(threads: Int?, arithmetic: Arithmetic = .mixed, trace: Trace? = nil) -> Compute {
    Compute(threads: threads, arithmetic: arithmetic, trace: trace, isCancelled: { Interruption.requested })
}
