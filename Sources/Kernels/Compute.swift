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
    private let arena = Arena()
    private let isCancelled: @Sendable () -> Bool

    /// - Parameters:
    ///   - threads: by default, every core that this process may use
    ///   - trace: told how long every operation took
    ///   - isCancelled: asked before every operation, which throws `CancellationError` instead if it says so
    public init(
        threads: Int? = nil, kernels: KernelTable = .chosen, arithmetic: Arithmetic = .mixed, trace: Trace? = nil,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.kernels = kernels
        self.arithmetic = arithmetic
        self.trace = trace
        self.isCancelled = isCancelled
        pool = ThreadPool(count: threads ?? CPU.allowedCores)
    }

    public var threads: Int { pool.count }

    func checkCancellation() throws(CancellationError) {
        if isCancelled() { throw CancellationError() }
    }

    func tensor(_ shape: [Int]) -> Tensor { Tensor(shape, in: arena) }

    func tensor(_ shape: [Int], repeating value: Float) -> Tensor {
        let out = tensor(shape)
        out.pointer.update(repeating: value, count: out.count)
        return out
    }

    /// Splits `count` items into ranges of at most `chunk` and works on them on all threads.
    func forEachRange(_ count: Int, chunk: Int, _ body: (Range<Int>) -> Void) {
        pool.forEach((count + chunk - 1) / chunk) { i in body(i * chunk..<min(count, (i + 1) * chunk)) }
    }
}
