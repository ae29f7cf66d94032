import TestFiles
import Testing

@testable import Kernels

@Suite struct ArenaTests {
    @Test(arguments: [false, true])
    func reusesAndJoinsWhatWasGivenBack(_ isCounting: Bool) throws {
        let arena = isCounting ? Arena().countingCopy() : Arena()
        var blocks = try (0..<4).map { _ in try arena.take(1000) }
        #expect(arena.highWaterMark == 4 * 1024)
        arena.giveBack(blocks[1])
        arena.giveBack(blocks[2])
        let joined = try arena.take(2000)
        #expect(joined.address == blocks[1].address && arena.highWaterMark == 4 * 1024)
        blocks.append(try arena.take(64))
        #expect(arena.highWaterMark == 4 * 1024 + 64)
        for block in [blocks[0], blocks[3], blocks[4], joined] { arena.giveBack(block) }
        arena.trim()
        #expect(arena.highWaterMark == 0)
        #expect(try arena.take(64).address == blocks[0].address)
    }

    /// What is a little larger fits where something was, and a whole where two halves were: here a map of 96×96×320 for
    /// two prompts, the same with 4 pixels more, and one twice as wide.
    @Test func gapsHoldWhatIsALittleLarger() throws {
        let arena = Arena().countingCopy()
        let half = 2 * 96 * 96 * 320 * 4 + 128
        let halves = try [half, half].map(arena.take)
        let last = try arena.take(64)
        let mark = arena.highWaterMark
        arena.giveBack(halves[0])
        let larger = try arena.take(half + 2 * 4 * 320 * 4)
        #expect(arena.highWaterMark == mark)
        for block in [larger, halves[1]] { arena.giveBack(block) }
        arena.giveBack(try arena.take(2 * half - 128))
        #expect(arena.highWaterMark == mark)
        arena.giveBack(last)
    }

    /// Any sequence of requests ends at the same mark when it is planned, when the address space was reserved, also
    /// beside what is held, and when it is not; and no two tensors overlap.
    @Test func theMarkIsThePlans() throws {
        var numbers = SeededGenerator(seed: 1)
        let sizes = numbers.array(400).map { 64 * (1 + Int(abs($0) * 40_000)) }  // up to 2.5 MB
        let keeps = numbers.array(400).map { $0 > 0.1 }
        func walk(_ arena: Arena) throws -> Int {
            var held: [Arena.Block] = []
            for (size, keep) in zip(sizes, keeps) {
                let block = try arena.take(size)
                if !arena.isCounting {
                    block.address.storeBytes(of: size, as: Int.self)
                    (block.address + size - 8).storeBytes(of: size, as: Int.self)
                }
                held.append(block)
                if !keep { arena.giveBack(held.remove(at: size / 64 % held.count)) }
                if held.count > 60 { arena.giveBack(held.remove(at: size / 64 % held.count)) }
            }
            for block in held where !arena.isCounting {
                let size = block.address.load(as: Int.self)
                #expect((block.address + size - 8).load(as: Int.self) == size)
            }
            for block in held { arena.giveBack(block) }
            return arena.highWaterMark
        }
        let planned = try walk(Arena().countingCopy())
        let arena = Arena()
        try arena.reserve(planned)
        #expect(try walk(arena) == planned)
        arena.trim()
        #expect(arena.highWaterMark == 0)
        let kept = try arena.take(1 << 20)
        let plannedBeside = try walk(arena.countingCopy())
        #expect(plannedBeside == planned + 1 << 20)
        try arena.reserve(plannedBeside)
        #expect(try walk(arena) == plannedBeside)
        arena.trim()
        #expect(arena.highWaterMark == 1 << 20)
        arena.giveBack(kept)
        arena.trim()
        #expect(arena.highWaterMark == 0)
        #expect(try walk(Arena()) == planned)
    }

    /// Beyond the usual stretch of address space another begins.
    @Test func growsWithoutAPlan() throws {
        let arena = Arena()
        let blocks = try (0..<8).map { _ in try arena.take(100 << 20) }
        for block in blocks { block.address.storeBytes(of: 1, as: Int.self) }
        #expect(Set(blocks.map(\.address)).count == 8)
        for block in blocks { arena.giveBack(block) }
        // No gap reaches from one stretch into the next.
        let large = try arena.take(300 << 20)
        (large.address + 300 << 20 - 8).storeBytes(of: 1, as: Int.self)
        arena.giveBack(large)
        arena.trim()
        #expect(arena.highWaterMark == 0)
    }

    @Test func refusedAddressSpaceIsAnError() throws {
        let arena = Arena()
        let small = try arena.take(64)
        #expect(throws: MachineError.noAddressSpace(byteCount: 1 << 60)) { try arena.reserve(64 + 1 << 60) }
        #expect(throws: MachineError.noAddressSpace(byteCount: 1 << 60)) { try arena.take(1 << 60) }
        small.address.storeBytes(of: 1, as: Int.self)
        try arena.take(64).address.storeBytes(of: 1, as: Int.self)
        let planning = Arena().countingCopy()
        _ = try planning.take(1 << 60)
        #expect(planning.highWaterMark == 1 << 60)
    }
}
