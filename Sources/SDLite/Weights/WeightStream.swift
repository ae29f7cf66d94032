import Kernels
import Quant
import Synchronization

/// Decides which pages of the model file are in memory. Matrices are used where they lie in the mapping, one after the
/// other as they lie in the file. Before one is used, the disk has delivered it and begins to read those that follow in
/// the same network; afterwards, if memory is short, its pages are given back.
final class WeightStream: Sendable {
    private let entries: [TensorEntry]
    private let file: WeightFile
    private let state = Mutex(State())

    private struct State {
        /// Whether matrices are in use, and not only small tensors as when a network is made.
        var isStreaming = false
        var resident: Set<Int> = []
        var users: [Int: Int] = [:]
        /// What the disk was asked to read: the matrix in use and those that follow.
        var requested = 0..<0
        var stall = Duration.zero
    }

    /// Bytes that the disk is asked to read before they are needed.
    private static let window = 16 << 20

    init(file: WeightFile) {
        self.file = file
        entries = file.header.tensors.sorted { $0.offset < $1.offset }
    }

    /// The time that was spent waiting for the disk.
    var stallSeconds: Double { state.withLock { $0.stall / .seconds(1) } }

    /// What uses its matrices together, one after the other: no other's are read ahead meanwhile.
    final class Network: Sendable {
        /// Where its last matrix is among the entries.
        fileprivate let last = Mutex(0)
    }

    func residence(of entry: TensorEntry, in network: Network) -> (any WeightResidence)? {
        guard let position = entries.firstIndex(where: { $0.offset == entry.offset }) else { return nil }
        network.last.withLock { $0 = max($0, position) }
        return Residence(stream: self, position: position, network: network)
    }

    /// Gives back whatever is resident, if memory is short; what was touched while loading, in any case.
    func endStage() {
        if Run.current.dropsWeights || state.withLock({ $0.resident.isEmpty }) { release() }
    }

    /// Gives back whatever is resident.
    func release() {
        state.withLock { state in
            state.resident = []
            file.discardAll()
        }
    }

    private final class Residence: WeightResidence {
        private let stream: WeightStream
        private let position: Int
        private let network: Network

        init(stream: WeightStream, position: Int, network: Network) {
            self.stream = stream
            self.position = position
            self.network = network
        }

        func begin() { stream.begin(position, last: network.last.withLock { $0 }) }
        func end() { stream.end(position) }
    }

    private func begin(_ position: Int, last: Int) {
        state.withLock { state in
            state.users[position, default: 0] += 1
            guard state.resident.insert(position).inserted else { return }
            if !state.isStreaming {
                file.expectWholeTensors()
                state.isStreaming = true
            }
            state.stall += ContinuousClock().measure { file.waitFor(entries[position]) }
            if !state.requested.contains(position) { state.requested = position..<position }
            var next = state.requested.upperBound
            while next <= last, entries[next].offset - entries[position].offset < Self.window {
                file.readAhead(entries[next])
                next += 1
            }
            state.requested = position..<next
        }
    }

    private func end(_ position: Int) {
        state.withLock { state in
            state.users[position, default: 0] -= 1
            guard Run.current.dropsWeights, state.users[position] == 0 else { return }
            state.resident.remove(position)
            file.discard(entries[position])
        }
    }
}
