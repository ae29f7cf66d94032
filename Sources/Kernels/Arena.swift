import Synchronization

/// Where activations live. Memory that a tensor gave back is lent again to the next that fits, because fresh pages
/// cost more than a layer's arithmetic on them.
final class Arena: Sendable {
    private struct Block: @unchecked Sendable {
        let memory: UnsafeMutableRawPointer
        let byteCount: Int
    }
    private struct State {
        var free: [Block] = []  // by ascending size
        var freeBytes = 0
    }
    private let state = Mutex(State())

    /// Free memory beyond this goes back to the system.
    private static let keptBytes = 384 << 20
    /// A block is lent only where it is wasted by less than half.
    private static let mostWaste = 2

    func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let block = state.withLock { state in
            let taken: Block
            if let i = state.free.firstIndex(where: { $0.byteCount >= byteCount }),
                state.free[i].byteCount <= Self.mostWaste * byteCount
            {
                taken = state.free.remove(at: i)
                state.freeBytes -= taken.byteCount
            } else {
                taken = Block(memory: .allocate(byteCount: byteCount, alignment: 64), byteCount: byteCount)
            }
            return taken
        }
        return UnsafeMutableRawBufferPointer(start: block.memory, count: block.byteCount)
    }

    func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let memory = buffer.baseAddress else { return }
        state.withLock { state in
            let block = Block(memory: memory, byteCount: buffer.count)
            state.freeBytes += block.byteCount
            let place = state.free.firstIndex { $0.byteCount >= block.byteCount } ?? state.free.count
            state.free.insert(block, at: place)
            while state.freeBytes > Self.keptBytes, let smallest = state.free.first {
                state.free.removeFirst()
                state.freeBytes -= smallest.byteCount
                smallest.memory.deallocate()
            }
        }
    }

    deinit {
        state.withLock { state in
            for block in state.free { block.memory.deallocate() }
        }
    }
}
