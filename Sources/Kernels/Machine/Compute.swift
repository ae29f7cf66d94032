import Dispatch

/// How products with int8 weights are computed, and large maps are kept. fp16 weights are always multiplied in float32.
public enum Arithmetic: String, Sendable {
    /// Activations rounded to int16 row by row, exact integer sums, 3×3 convolutions by Winograd's algorithm; maps that
    /// are kept for later as int16 as well.
    case mixed
    /// Everything in float32, also what is kept: what `mixed` is compared with.
    case float32
}

/// Where layers compute: the micro-kernels chosen for this processor and the crew of threads.
/// Results are the same bits for any number of threads: work is split over outputs, never over a sum.
public final class Compute: Sendable {
    /// The micro-kernels in use.
    public let kernels: KernelTable
    /// How products with int8 weights are computed.
    public let arithmetic: Arithmetic
    let pool: ThreadPool
    let arena = Arena()
    private let turns = DispatchQueue(label: "sd-lite")
    private static let owner = DispatchSpecificKey<ObjectIdentifier>()

    /// - Parameters:
    ///   - threads: 1…1024; by default, every core that this process may use
    ///   - kernels: by default, the set that the environment variable `SDLITE_KERNELS` names, or else the fastest
    /// - Throws: `MachineError`
    public init(
        threads: Int? = nil, kernels: KernelTable? = nil, arithmetic: Arithmetic = .mixed
    ) throws(MachineError) {
        self.kernels = if let kernels { kernels } else { try .chosen() }
        self.arithmetic = arithmetic
        pool = try ThreadPool(count: threads ?? CPU.allowedCores)
        turns.setSpecific(key: Self.owner, value: ObjectIdentifier(self))
    }

    /// How many share the work, the caller's among them.
    public var threads: Int { pool.count }

    /// How maps are kept that are read again much later.
    package var compactElement: Tensor.Element { arithmetic == .mixed ? .int16 : .float32 }

    func checkCancellation() throws(CancellationError) {
        if Run.current.isCancelled() { throw CancellationError() }
    }

    /// Where this run's tensors live.
    private var currentArena: Arena { Run.current.counting ?? arena }

    /// Memory of this run, uninitialised.
    package func tensor(_ shape: [Int], _ element: Tensor.Element = .float32) throws(MachineError) -> Tensor {
        try Tensor(shape, element, in: currentArena)
    }

    /// What such a tensor takes of the memory for activations, in bytes.
    package func byteCount(_ shape: [Int], _ element: Tensor.Element) -> Int {
        let (count, channels) = (shape.reduce(1, *), shape[shape.count - 1])
        return Arena.rounded(element.byteCount(rows: count / channels, channels: channels) + Tensor.slack)
    }

    func zeros(_ count: Int) throws(MachineError) -> Tensor {
        let out = try tensor([count])
        if !Run.current.isPlanning { out.pointer.update(repeating: 0, count: count) }
        return out
    }

    /// Memory of its own for every worker.
    func scratch(_ bytesPerWorker: Int) throws(MachineError) -> Scratch {
        try Scratch(bytesPerWorker, workers: threads, in: currentArena)
    }

    /// Sees to it that activations find as much address space as was planned. Without this it is taken as it is needed.
    /// - Parameter peak: of a plan, as `peakActivationBytes`
    package func reserve(_ peak: Int) throws(MachineError) { try arena.reserve(peak) }

    /// Throws if the system would refuse so many bytes beside the activations. Memory for arrays, if refused, ends the
    /// process without a word.
    package static func requireAddressSpace(_ byteCount: Int) throws(MachineError) {
        guard Arena.canMap(byteCount) else { throw .noAddressSpace(byteCount: byteCount) }
    }

    /// The most memory for activations and scratch since the last `endStage`, in bytes.
    package var peakActivationBytes: Int { currentArena.highWaterMark }

    /// Gives memory that no tensor holds back to the system.
    package func endStage() { currentArena.trim() }

    /// Does `work` under the settings of `run`.
    package func during<Result>(_ run: Run, _ work: () throws -> Result) rethrows -> Result {
        try Run.$current.withValue(run, operation: work)
    }

    /// Walks through `work` under the settings of `run` without computing: operations only take the memory that they
    /// would need, from where the arena stands now.
    package func planning<Result>(_ run: Run, _ work: () throws -> Result) rethrows -> Result {
        var run = run
        run.counting = arena.countingCopy()
        return try during(run, work)
    }

    /// Waits until whoever computes here is done, and then does `work`, alone. Work within such work is part of it.
    package func exclusively<Result>(_ work: () throws -> Result) rethrows -> Result {
        if DispatchQueue.getSpecific(key: Self.owner) == ObjectIdentifier(self) { return try work() }
        return try turns.sync(execute: work)
    }

    /// Does `work` on another thread once those that came before are done.
    package func later(_ work: @escaping @Sendable () -> Void) { turns.async(execute: work) }

    /// Does `work`, which reads and writes tensors that were made before, unless this is only planning. Where there is
    /// a trace, notes the time.
    func perform(_ name: @autoclosure () -> String, products: Int = 0, _ work: () -> Void) {
        let run = Run.current
        if run.isPlanning { return }
        guard let trace = run.trace else { return work() }
        let seconds = ContinuousClock().measure(work) / .seconds(1)
        trace.add(name(), seconds: seconds, products: products)
    }

    /// Splits `count` items into ranges of at most `chunk` and works on them on all threads.
    func forEachRange(_ count: Int, chunk: Int, _ body: (Range<Int>) -> Void) {
        pool.forEach((count + chunk - 1) / chunk) { i, _ in body(i * chunk..<min(count, (i + 1) * chunk)) }
    }
}
