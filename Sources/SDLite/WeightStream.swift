import Kernels
import Quant
import Synchronization

/// Decides which pages of the model file are in memory. Matrices are used where they lie in the mapping, one after the
/// other as they lie in the file. Before one is used, its pages are made resident and the disk begins to read those
/// that follow; afterwards, if memory is short, they are given back.
final class WeightStream: Sendable {
    private let entries: [TensorEntry]
    private let file: WeightFile
    private let state = Mutex(State())

    private struct State {
        var drops = false
        var resident: Set<Int> = []
        var users: [Int: Int] = [:]
        var stall = Duration.zero
    }

    /// Bytes that the disk is asked to read before they are needed.
    private static let window = 16 << 20

    init(file: WeightFile) {
        self.file = file
        entries = file.header.tensors.sorted { $0.offset < $1.offset }
    }

    /// Whether weights leave memory once they were used.
    var drops: Bool {
        get { state.withLock { $0.drops } }
        set { state.withLock { $0.drops = newValue } }
    }

    /// The time that was spent waiting for weights to become resident.
    var stallSeconds: Double { state.withLock { $0.stall.seconds } }

    func residence(of entry: TensorEntry) -> (any WeightResidence)? {
        entries.firstIndex { $0.offset == entry.offset }.map { Residence(stream: self, position: $0) }
    }

    /// Gives back whatever is resident, if memory is short; what was touched while loading, in any case.
    func endStage() {
        if state.withLock({ $0.drops || $0.resident.isEmpty }) { release() }
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

        init(stream: WeightStream, position: Int) {
            self.stream = stream
            self.position = position
        }

        func begin() { stream.begin(position) }
        func end() { stream.end(position) }
    }

    private func begin(_ position: Int) {
        state.withLock { state in
            state.users[position, default: 0] += 1
            guard state.resident.insert(position).inserted else { return }
            state.stall += ContinuousClock().measure { file.populate(entries[position]) }
            var ahead = 0
            for next in entries[(position + 1)...] {
                if ahead > Self.window { break }
                file.readAhead(next)
                ahead += next.byteCount
            }
        }
    }

    private func end(_ position: Int) {
        state.withLock { state in
            state.users[position, default: 0] -= 1
            guard state.drops, state.users[position] == 0 else { return }
            state.resident.remove(position)
            file.discard(entries[position])
        }
    }
}
