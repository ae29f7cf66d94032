import Glibc

/// The yardstick: OpenBLAS's sgemm, loaded only when asked for because it reserves tens of megabytes per thread.
public struct OpenBLAS {
    private typealias Sgemm =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
            Float,
            UnsafeMutablePointer<Float>, Int32
        ) -> Void
    private typealias CoreName = @convention(c) () -> UnsafePointer<CChar>
    private typealias SetThreads = @convention(c) (Int32) -> Void
    private let sgemm: Sgemm
    /// The processor whose kernels it uses: it should be this one, or its peak is not the machine's.
    public let kernels: String

    /// nil where the library is not installed.
    public init?(threads: Int) {
        guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
            let sgemm = dlsym(library, "cblas_sgemm"), let setThreads = dlsym(library, "openblas_set_num_threads"),
            let coreName = dlsym(library, "openblas_get_corename")
        else { return nil }
        kernels = String(cString: unsafeBitCast(coreName, to: CoreName.self)())
        self.sgemm = unsafeBitCast(sgemm, to: Sgemm.self)
        unsafeBitCast(setThreads, to: SetThreads.self)(Int32(threads))
    }

    /// Multiply-adds a second in the best of `rounds` products of two matrices of 1536×1536.
    public func peak(rounds: Int = 5) -> Double {
        let n = 1536
        let (a, b) = (Tensor([n, n], repeating: 1), Tensor([n, n], repeating: 1))
        let c = Tensor([n, n], repeating: 0)
        let (rowMajor, plain, size): (Int32, Int32, Int32) = (101, 111, Int32(n))
        let seconds = (0..<rounds).map { _ in
            ContinuousClock().measure {
                sgemm(rowMajor, plain, plain, size, size, size, 1, a.pointer, size, b.pointer, size, 0, c.pointer, size)
            } / .seconds(1)
        }
        return Double(n * n * n) / (seconds.min() ?? .infinity)
    }
}
