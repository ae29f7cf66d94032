import Foundation
import Testing

@testable import Kernels

/// What the machine gives, and what it refuses.
@Suite(.serialized) struct MachineTests {
    @Test(arguments: [0, -1, 1025, 1_000_000, .max, .min])
    func impossibleThreadCounts(_ count: Int) {
        #expect(throws: MachineError.badThreadCount(count, allowed: 1...1024)) { try Compute(threads: count) }
    }

    @Test func kernelsByName() throws {
        for set in KernelTable.available { #expect(try KernelTable.chosen(set.name).name == set.name) }
        #expect(try KernelTable.chosen("").name == KernelTable.available.last?.name)
        let error = #expect(throws: MachineError.self) { try KernelTable.chosen("portabel") }
        let names = KernelTable.available.map(\.name)
        #expect(error == .unknownKernels("portabel", available: names))
        #expect(names.allSatisfy { error?.description.contains($0) ?? false })
    }

    /// Threads with names of this test's: other tests start and end threads at the same time.
    private func threads(_ name: String) throws -> Int {
        let tasks = "/proc/self/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).filter { task in
            (try? String(contentsOfFile: "\(tasks)/\(task)/comm", encoding: .utf8)) == "\(name)\n"
        }.count
    }

    /// Whether only the thread itself is left. One that was joined may be listed a moment longer.
    private func isAlone(_ name: String) throws -> Bool {
        for _ in 0..<2000 {
            if try threads(name) == 1 { return true }
            usleep(1000)
        }
        return false
    }

    /// A thread has the name of the one that started it.
    private func named(_ name: String, _ work: () throws -> Void) throws {
        func rename(_ name: String) throws {
            try name.write(toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
        }
        try rename(name)
        defer { try? rename("tests") }
        try work()
    }

    @Test func threadsEndWithTheirCompute() throws {
        try named("sdlite-crew") {
            do {
                let compute = try Compute(threads: 5)
                _ = try compute.layerNorm(
                    Tensor([300, 8], repeating: 1), weight: Tensor([8], repeating: 1),
                    bias: Tensor([8], repeating: 0), epsilon: 1)
                let count = try withExtendedLifetime(compute) { try threads("sdlite-crew") }
                #expect(count == 5)
            }
            #expect(try isAlone("sdlite-crew"))
        }
    }

    @Test func tickerTicksAndEnds() throws {
        try named("sdlite-tick") {
            do {
                let ticker = Ticker(milliseconds: 1) {}
                let count = try withExtendedLifetime(ticker) { try threads("sdlite-tick") }
                #expect(count == 2)
            }
            #expect(try isAlone("sdlite-tick"))
        }
    }
}
