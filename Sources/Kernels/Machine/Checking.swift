extension Compute {
    /// The result of a network's `work`, if it is finite. Infinity and NaN go through every operation into its result, so
    /// it is enough to look at the last; if that is wrong, the work is done again to find the first.
    /// - Throws: `ComputeError.notFinite` with the layer where it began
    package func finite(_ network: String, _ work: () throws -> Tensor) throws -> Tensor {
        let result = try work()
        if isFinite(result) { return result }
        _ = try checking(Run.current, work)
        throw ComputeError.notFinite(layer: network)
    }

    /// Does `work` under the settings of `run`, and looks at every operation's result, which takes time: the first that is
    /// not finite throws `ComputeError.notFinite`.
    func checking<Result>(_ run: Run, _ work: () throws -> Result) rethrows -> Result {
        var run = run
        run.finiteness = Finiteness()
        return try during(run, work)
    }

    /// Whether all numbers of `x` are finite.
    package func isFinite(_ x: Tensor) -> Bool {
        if x.isPlanned { return true }
        switch x.element {
        case .float32: return kernels.largestMagnitude(x.pointer, x.count).isFinite
        case .int16: return (0..<x.rows).allSatisfy { x.integers(row: $0).scale.pointee.isFinite }
        }
    }

    /// Where results are checked, notes the layer if it is the first with one that is not finite; `throwIfNotFinite` then
    /// throws. For work within an operation.
    func note(_ result: Tensor, of layer: String) {
        guard let finiteness = Run.current.finiteness else { return }
        let isWrong = !isFinite(result)
        finiteness.findings.withLock {
            if isWrong && $0.firstWrong == nil { $0.firstWrong = layer }
            $0.lastLayer = layer
        }
    }

    func throwIfNotFinite() throws(ComputeError) {
        guard let layer = Run.current.finiteness?.findings.withLock({ $0.firstWrong }) else { return }
        throw .notFinite(layer: layer)
    }

    func check(_ result: Tensor, of layer: String) throws(ComputeError) {
        note(result, of: layer)
        try throwIfNotFinite()
    }

    /// Checks what an operation without a name of its own computed.
    func check(_ results: Tensor..., by operation: String) throws(ComputeError) {
        guard let last = Run.current.finiteness?.findings.withLock({ $0.lastLayer }) else { return }
        for result in results where !isFinite(result) { throw .notFinite(layer: "the \(operation) after \(last)") }
    }
}
