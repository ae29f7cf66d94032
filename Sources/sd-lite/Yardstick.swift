import Glibc

/// What products are compared with: OpenBLAS's sgemm, loaded only when asked for because it reserves tens of megabytes
/// per thread.
struct Yardstick {
    /// Multiply-adds a second.
    struct Rate {
        /// Of the median product in a second and a half of nothing else: what the machine keeps up.
        let sustained: Double
        /// Of the fastest of these products.
        let burst: Double
    }

    private typealias Sgemm =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
            Float, UnsafeMutablePointer<Float>, Int32
        ) -> Void
    private typealias CoreName = @convention(c) () -> UnsafePointer<CChar>
    private typealias SetThreads = @convention(c) (Int32) -> Void
    private let sgemm: Sgemm
    /// The processor whose kernels it uses: it should be this one, or its rate is not the machine's.
    let kernels: String

    static let missing =
        """
        OpenBLAS is not installed (libopenblas0 on Debian and Ubuntu), or cannot be loaded because this program is linked \
        statically, so there is no comparison with it
        """

    /// AT_BASE: where the dynamic linker lies, 0 if there is none.
    private static let dynamicLinker: UInt = 7

    /// The C library declares it in a header that Swift's module of it leaves out.
    @_silgen_name("getauxval")
    private static func auxiliaryValue(_ type: UInt) -> UInt

    /// nil where the library is not installed, or this program, being linked statically, cannot load one.
    init?(threads: Int) {
        guard Self.auxiliaryValue(Self.dynamicLinker) != 0,
            let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
            let sgemm = dlsym(library, "cblas_sgemm"), let setThreads = dlsym(library, "openblas_set_num_threads"),
            let coreName = dlsym(library, "openblas_get_corename")
        else { return nil }
        kernels = String(cString: unsafeBitCast(coreName, to: CoreName.self)())
        self.sgemm = unsafeBitCast(sgemm, to: Sgemm.self)
        unsafeBitCast(setThreads, to: SetThreads.self)(Int32(threads))
    }

    /// Multiplies two matrices of 1536×1536 for a second and a half.
    func measure() -> Rate {
        let n = 1536
        let (a, b) = ([Float](repeating: 1, count: n * n), [Float](repeating: 1, count: n * n))
        var c = [Float](repeating: 0, count: n * n)
        let (rowMajor, plain, size): (Int32, Int32, Int32) = (101, 111, Int32(n))
        let clock = ContinuousClock()
        let end = clock.now + .seconds(1.5)
        var seconds: [Double] = []
        repeat {
            let time = clock.measure {
                sgemm(rowMajor, plain, plain, size, size, size, 1, a, size, b, size, 0, &c, size)
            }
            seconds.append(time / .seconds(1))
        } while clock.now < end
        seconds.sort()
        let products = Double(n * n * n)
        return Rate(sustained: products / seconds[seconds.count / 2], burst: products / seconds[0])
    }
}
