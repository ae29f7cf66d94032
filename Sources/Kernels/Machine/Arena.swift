import Glibc
import Synchronization

/// Where activations live: address space, of which the kernel backs what is touched. A tensor takes the first gap that it
/// fits in, and neighbouring gaps are joined (the smallest gap would fragment more: 4 % at 1024×1024).
///
/// The same sequence of requests always ends at the same high-water mark: that is how memory is planned before it is
/// used. An arena that counts has no address space of its own, and what it hands out must not be touched. Another one is
/// told the plan's mark (`reserve`); without a plan it takes one stretch of address space after the other.
final class Arena: Sendable {
    /// Memory that is lent: where in the arena, and at which address.
    struct Block {
        fileprivate let positions: Range<Int>
        let address: UnsafeMutableRawPointer
    }

    /// Address space, and the positions of the arena that it is for.
    fileprivate struct Stretch {
        let positions: Range<Int>
        let start: UInt
    }

    fileprivate struct State {
        /// In the order of their positions, without holes between these.
        var stretches: [Stretch] = []
        /// Free positions below `end`, in order. None reaches from one stretch into the next.
        var gaps: [Range<Int>] = []
        /// Nothing from here on is taken.
        var end = 0
        var highWaterMark = 0
    }
    private let state = Mutex(State())
    /// Whether there is no memory behind what is taken.
    let isCounting: Bool

    static let alignment = 64
    /// Where tensors are said to be that are only counted: nobody has memory there.
    private static let nowhere: UInt = 1 << 62
    /// Address space that is taken without a plan. It costs next to nothing, except where it is limited.
    fileprivate static let usualStretch = 1 << 28
    fileprivate static let hugePage = 2 << 20

    init() { isCounting = false }

    /// A copy of where `other` stands, in which memory can be taken but not used.
    private init(counting other: Arena) {
        isCounting = true
        var copy = other.state.withLock { $0 }
        let start = copy.stretches.popLast()?.positions.lowerBound ?? 0
        copy.stretches.append(Stretch(positions: start..<Int.max / 2, start: Self.nowhere))
        state.withLock { [copy] in $0 = copy }
    }

    func countingCopy() -> Arena { Arena(counting: self) }

    deinit {
        if !isCounting { state.withLock { $0.release(from: 0) } }
    }

    /// Sees to it that the arena can be used up to a high-water mark, in one piece beyond what is taken now.
    /// - Throws: `MachineError.noAddressSpace`
    func reserve(_ mark: Int) throws(MachineError) {
        try state.withLock { state throws(MachineError) in
            state.dropLastGap()
            if state.capacity < mark { try state.grow(to: mark) }
        }
    }

    static func canMap(_ byteCount: Int) -> Bool {
        let size = max(byteCount, 1)
        let start = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let start, start != MAP_FAILED else { return false }
        munmap(start, size)
        return true
    }

    /// - Throws: `MachineError.noAddressSpace`
    func take(_ byteCount: Int) throws(MachineError) -> Block {
        try state.withLock { state throws(MachineError) in try state.take(Self.rounded(byteCount)) }
    }

    /// What is taken for so many bytes, one of a few sizes: what is a little larger than what was there before (a map's
    /// scales, a padded head) fits in its gap, and the gaps of two halves hold a whole.
    static func rounded(_ byteCount: Int) -> Int {
        let highestBit = 1 << (Int.bitWidth - 1 - max(byteCount, 1).leadingZeroBitCount)
        let granule = max(alignment, highestBit / 64)
        return (byteCount + granule - 1) / granule * granule
    }

    func giveBack(_ block: Block) { state.withLock { $0.giveBack(block.positions) } }

    /// The most bytes from the beginning that were ever taken since `trim`.
    var highWaterMark: Int { state.withLock { $0.highWaterMark } }

    /// Gives the memory of all gaps back to the system, and begins the high-water mark anew.
    func trim() {
        state.withLock { state in
            state.dropLastGap()
            if !isCounting { state.discardGaps() }
            state.highWaterMark = state.end
        }
    }
}

extension Arena.State {
    fileprivate var capacity: Int { stretches.last?.positions.upperBound ?? 0 }

    fileprivate mutating func take(_ size: Int) throws(MachineError) -> Arena.Block {
        if let place = gaps.firstIndex(where: { $0.count >= size }) {
            let gap = gaps[place]
            if gap.count == size {
                gaps.remove(at: place)
            } else {
                gaps[place] = gap.lowerBound + size..<gap.upperBound
            }
            return block(gap.lowerBound..<gap.lowerBound + size)
        }
        dropLastGap()
        if capacity - end < size {
            do throws(MachineError) {
                try grow(to: end + max(size, Arena.usualStretch))
            } catch {
                try grow(to: end + size)
            }
        }
        end += size
        highWaterMark = max(highWaterMark, end)
        return block(end - size..<end)
    }

    private func block(_ positions: Range<Int>) -> Arena.Block {
        // There are one or two, rarely more.
        let stretch = stretches.last { $0.positions.lowerBound <= positions.lowerBound }!
        let address = stretch.start + UInt(positions.lowerBound - stretch.positions.lowerBound)
        return Arena.Block(positions: positions, address: UnsafeMutableRawPointer(bitPattern: address)!)
    }

    fileprivate mutating func giveBack(_ block: Range<Int>) {
        var gap = block
        var place = gaps.firstIndex { $0.lowerBound > gap.lowerBound } ?? gaps.count
        if place < gaps.count, gaps[place].lowerBound == gap.upperBound, !isBoundary(gap.upperBound) {
            gap = gap.lowerBound..<gaps.remove(at: place).upperBound
        }
        if place > 0, gaps[place - 1].upperBound == gap.lowerBound, !isBoundary(gap.lowerBound) {
            place -= 1
            gap = gaps.remove(at: place).lowerBound..<gap.upperBound
        }
        gaps.insert(gap, at: place)
    }

    private func isBoundary(_ position: Int) -> Bool { stretches.contains { $0.positions.lowerBound == position } }

    /// Lets what is taken end before a gap at its end.
    fileprivate mutating func dropLastGap() {
        guard let gap = gaps.last, gap.upperBound == end else { return }
        if gap.lowerBound >= stretches[stretches.count - 1].positions.lowerBound {
            end = gap.lowerBound
            gaps.removeLast()
        }
    }

    /// Ends the last stretch where what is taken ends, and begins another there.
    fileprivate mutating func grow(to mark: Int) throws(MachineError) {
        var before: Int
        repeat {
            before = end
            release(from: end)
            dropLastGap()
        } while end < before
        let size = (mark - end + Arena.hugePage - 1) / Arena.hugePage * Arena.hugePage
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else {
            throw .noAddressSpace(byteCount: mark - end)
        }
        madvise(start, size, MADV_HUGEPAGE)
        stretches.append(Arena.Stretch(positions: end..<end + size, start: UInt(bitPattern: start)))
    }

    /// Gives back the address space from a position on.
    fileprivate mutating func release(from position: Int) {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        while let last = stretches.last, last.positions.upperBound > position {
            let kept = last.positions.lowerBound..<max(last.positions.lowerBound, position)
            let from = (last.start + UInt(kept.count) + page - 1) / page * page
            let to = (last.start + UInt(last.positions.count) + page - 1) / page * page
            if from < to { munmap(UnsafeMutableRawPointer(bitPattern: from), Int(to - from)) }
            stretches.removeLast()
            if !kept.isEmpty { stretches.append(Arena.Stretch(positions: kept, start: last.start)) }
        }
    }

    /// Gives the memory of all gaps back to the system, or, if there is nothing else, the address space as well unless it
    /// is in one piece.
    fileprivate mutating func discardGaps() {
        if end > 0, gaps.reduce(0, { $0 + $1.count }) == end {
            release(from: 0)
            (gaps, end) = ([], 0)
        }
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        // What is touched last can bring a huge page into memory.
        for gap in gaps + [end..<max(end, min(capacity, highWaterMark + Arena.hugePage))] where !gap.isEmpty {
            let address = UInt(bitPattern: block(gap).address)
            let start = (address + page - 1) / page * page
            let byteCount = Int(address) + gap.count - Int(start)
            if byteCount >= page {
                madvise(UnsafeMutableRawPointer(bitPattern: start), byteCount / Int(page) * Int(page), MADV_DONTNEED)
            }
        }
    }
}
