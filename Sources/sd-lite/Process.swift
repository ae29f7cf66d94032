import Kernels
import Terminal

/// The settings of a run that stops after the layer in work once the user interrupts.
func interruptible(trace: Trace? = nil) -> Run {
    var run = Run()
    run.trace = trace
    run.isCancelled = { Interruption.requested }
    return run
}
