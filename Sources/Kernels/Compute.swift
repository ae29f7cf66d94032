/// How products with int8 weights are computed; fp16 weights are always multiplied in float32.
public enum Arithmetic: String, Sendable {
    /// Activations rounded to int16 row by row, exact integer sums, 3×3 convolutions by Winograd's algorithm.
    case mixed
    /// Everything in float32: what `mixed` is compared with.
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

    func checkCancellation() throws(CancellationError) {
        if isCancelled() { throw CancellationError() }
    }

    func tensor(_ shape: [Int]) -> Tensor { Tensor(shape, in: arena) }

    /// Memory of its own for every worker.
    func scratch(_ bytesPerWorker: Int) -> Scratch { Scratch(bytesPerWorker, workers: threads, in: arena) }

    /// The most memory for activations and scratch since the last `endStage`, in bytes.
    public var peakActivationBytes: Int { arena.highWaterMark }

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

/// Uninitialised memory of every worker's own, aligned to 64 bytes, for the length of an operation.
struct Scratch {
    private let memory: Tensor
    private let stride: Int

    /// Workers' parts do not begin at the same place of a page, lest they share cache sets.
    private static let padding = 192

    init(_ bytesPerWorker: Int, workers: Int, in arena: Arena) {
        stride = (bytesPerWorker + 63) / 64 * 64 + Self.padding
        memory = Tensor([workers * stride / MemoryLayout<Float>.stride], in: arena)
    }

    subscript(worker: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(memory.pointer) + worker * stride }
}
