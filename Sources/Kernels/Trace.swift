import Synchronization

/// Where the time goes: seconds and multiply-adds of every group of like operations.
public final class Trace: Sendable {
    public struct Group: Sendable {
        public let name: String
        public fileprivate(set) var calls = 0
        public fileprivate(set) var seconds = 0.0
        /// Multiply-adds that the operation's definition asks for, however it is computed; 0 where it has none.
        public fileprivate(set) var products = 0
    }
    private let table = Mutex<[String: Group]>([:])

    public init() {}

    /// The groups so far, the longest first.
    public var groups: [Group] { table.withLock { $0.values.sorted { $0.seconds > $1.seconds } } }

    func add(_ name: String, seconds: Double, products: Int) {
        table.withLock {
            $0[name, default: Group(name: name)].calls += 1
            $0[name, default: Group(name: name)].seconds += seconds
            $0[name, default: Group(name: name)].products += products
        }
    }
}

extension Compute {
    /// Does `work` and, where this `Compute` has a trace, notes its time.
    func traced<T>(_ name: @autoclosure () -> String, products: Int = 0, _ work: () -> T) -> T {
        guard let trace else { return work() }
        let start = ContinuousClock.now
        let result = work()
        trace.add(name(), seconds: (ContinuousClock.now - start) / .seconds(1), products: products)
        return result
    }
}
