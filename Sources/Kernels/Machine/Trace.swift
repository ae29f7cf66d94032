import Synchronization

/// Where the time goes: seconds and multiply-adds of every group of like operations.
package final class Trace: Sendable {
    package struct Group: Sendable, Encodable {
        package let name: String
        package private(set) var calls = 0
        package private(set) var seconds = 0.0
        /// Multiply-adds that the operations' definitions ask for, however they are computed; 0 where there are none.
        package private(set) var products = 0

        package init(name: String) { self.name = name }

        package mutating func add(calls: Int, seconds: Double, products: Int) {
            self.calls += calls
            self.seconds += seconds
            self.products += products
        }
    }
    private let table = Mutex<[String: Group]>([:])

    package init() {}

    /// The groups since the last call.
    package func take() -> [Group] {
        table.withLock { table in
            defer { table = [:] }
            return Array(table.values)
        }
    }

    func add(_ name: String, seconds: Double, products: Int) {
        table.withLock { $0[name, default: Group(name: name)].add(calls: 1, seconds: seconds, products: products) }
    }
}
