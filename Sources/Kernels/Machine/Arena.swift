import Glibc
import Synchronization

/// Where activations live: one stretch of address space, of which the kernel backs what is touched. A tensor takes the
/// first gap that it fits in, and neighbouring gaps are joined (the smallest gap would fragment more: 4 % at 1024×1024).
/// The same sequence of requests always ends at the same high-water mark: that is how memory is planned before it is used.
final class Arena: Sendable {
    private struct State {
        /// Free stretches below `end`, by position.
        var gaps: [Range<Int>] = []
        /// Nothing from here on is taken.
        var end = 0
        var highWaterMark = 0
    }
    private let state = Mutex(State())
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let capacity: Int
    /// Whether there is no memory behind the places that are taken.
    let isCounting: Bool

    static let alignment = 64
    /// More than any picture takes. Address space costs next to nothing, except in emulators; where less is to be had, half is tried, and so on.
    private static let largestCapacity = 1 << 33
    private static let smallestCapacity = 1 << 26
    private static let hugePage = 2 << 20

    init() {
        var capacity = Self.largestCapacity
        while true {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            if let base = mmap(nil, capacity, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED {
                self.base = base
                break
            }
            capacity /= 2
            precondition(capacity >= Self.smallestCapacity, "the system refused \(capacity) bytes of address space")
        }
        self.capacity = capacity
        isCounting = false
        madvise(base, capacity, MADV_HUGEPAGE)
    }

    /// A copy of where `other` stands, in which memory can be taken but not used.
    private init(counting other: Arena) {
        base = UnsafeMutableRawPointer(bitPattern: Self.hugePage)!
        capacity = Int.max / 2
        isCounting = true
        let copy = other.state.withLock { $0 }
        state.withLock { $0 = copy }
    }

    func countingCopy() -> Arena { Arena(counting: self) }

    deinit { if !isCounting { munmap(base, capacity) } }

    func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let size = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
        let start = state.withLock { state in
            guard let place = state.gaps.firstIndex(where: { $0.count >= size }) else {
                let start = state.gaps.last?.upperBound == state.end ? state.gaps.removeLast().lowerBound : state.end
                precondition(start + size <= capacity, "out of address space for \(byteCount) bytes")
                state.end = start + size
                state.highWaterMark = max(state.highWaterMark, state.end)
                return start
            }
            let gap = state.gaps[place]
            if gap.count == size {
                state.gaps.remove(at: place)
            } else {
                state.gaps[place] = gap.lowerBound + size..<gap.upperBound
            }
            return gap.lowerBound
        }
        return UnsafeMutableRawBufferPointer(start: base + start, count: size)
    }

    func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let address = buffer.baseAddress else { return }
        let start = address - base
        state.withLock { state in
            var gap = start..<start + buffer.count
            var place = state.gaps.firstIndex { $0.lowerBound > start } ?? state.gaps.count
            if place < state.gaps.count, state.gaps[place].lowerBound == gap.upperBound {
                gap = gap.lowerBound..<state.gaps.remove(at: place).upperBound
            }
            if place > 0, state.gaps[place - 1].upperBound == gap.lowerBound {
                place -= 1
                gap = state.gaps.remove(at: place).lowerBound..<gap.upperBound
            }
            state.gaps.insert(gap, at: place)
        }
    }

    /// The most bytes from the beginning that were ever taken since `trim`.
    var highWaterMark: Int { state.withLock { $0.highWaterMark } }

    /// Gives the memory of all gaps back to the system, and begins the high-water mark anew.
    func trim() {
        state.withLock { state in
            if let last = state.gaps.last, last.upperBound == state.end {
                state.end = last.lowerBound
                state.gaps.removeLast()
            }
            defer { state.highWaterMark = state.end }
            if isCounting { return }
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            for gap in state.gaps + [state.end..<max(state.end, state.highWaterMark + Self.hugePage)] {
                let start = (gap.lowerBound + page - 1) / page * page
                let end = min(gap.upperBound / page * page, capacity)
                if start < end { madvise(base + start, end - start, MADV_DONTNEED) }
            }
        }
    }
}
