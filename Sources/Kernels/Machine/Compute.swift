import Synchronization

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
    public let kernels: KernelTable
    public let arithmetic: Arithmetic
    let pool: ThreadPool
    let trace: Trace?
    /// Nothing is computed: operations only take the memory that they would need.
    public let isPlanning: Bool
    private let arena = Arena()
    private let currentLimits = Mutex(WorkingSet())
    private let isCancelled: @Sendable () -> Bool

    /// - Parameters:
    ///   - threads: by default, every core that this process may use
    ///   - trace: told how long every operation took
    ///   - isPlanning: computes nothing, and only takes the memory that operations would need
    ///   - isCancelled: asked before every operation, which throws `CancellationError` instead if it says so
    public init(
        threads: Int? = nil, kernels: KernelTable = .chosen, arithmetic: Arithmetic = .mixed, trace: Trace? = nil,
        isPlanning: Bool = false, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.kernels = kernels
        self.arithmetic = arithmetic
        self.trace = trace
        self.isPlanning = isPlanning
        self.isCancelled = isCancelled
        pool = ThreadPool(count: threads ?? CPU.allowedCores)
    }

    public var threads: Int { pool.count }

    /// How maps are kept that are read again much later.
    public var compactElement: Tensor.Element { arithmetic == .mixed ? .int16 : .float32 }

    func checkCancellation() throws(CancellationError) {
        if isCancelled() { throw CancellationError() }
    }

    func tensor(_ shape: [Int], _ element: Tensor.Element = .float32) -> Tensor { Tensor(shape, element, in: arena) }

    func zeros(_ count: Int) -> Tensor {
        let out = tensor([count])
        if !isPlanning { out.pointer.update(repeating: 0, count: count) }
        return out
    }

    /// Memory of its own for every worker.
    func scratch(_ bytesPerWorker: Int) -> Scratch { Scratch(bytesPerWorker, workers: threads, in: arena) }

    /// The most memory for activations and scratch since the last `endStage`, in bytes.
    public var peakActivationBytes: Int { arena.highWaterMark }

    /// How much memory operations take; the results do not depend on it.
    public var limits: WorkingSet {
        get { currentLimits.withLock { $0 } }
        set { currentLimits.withLock { $0 = newValue } }
    }

    /// Gives memory that no tensor holds back to the system.
    public func endStage() { arena.trim() }

    /// Does `work`, which reads and writes tensors that were made before, unless this is only planning. Where there is
    /// a trace, notes the time.
    func perform(_ name: @autoclosure () -> String, products: Int = 0, _ work: () -> Void) {
        if isPlanning { return }
        guard let trace else { return work() }
        let seconds = ContinuousClock().measure(work) / .seconds(1)
        trace.add(name(), seconds: seconds, products: products)
    }

    /// Splits `count` items into ranges of at most `chunk` and works on them on all threads.
    func forEachRange(_ count: Int, chunk: Int, _ body: (Range<Int>) -> Void) {
        pool.forEach((count + chunk - 1) / chunk) { i, _ in body(i * chunk..<min(count, (i + 1) * chunk)) }
    }
}

/// What trades memory for time.
public struct WorkingSet: Sendable, Equatable {
    /// 4×4 tiles of a Winograd convolution that are in work together, at 24,576 bytes or so each.
    public var winogradTiles = 512
    /// Pixels of other convolutions that are in work together.
    public var stripePixels = 8192
    /// Maps that would take more bytes are computed anew whenever they are read, where that is possible.
    public var largestStoredMap = Int.max

    public init() {}
}
