import Glibc
import TestFiles
import Testing

@testable import Quant

/// What the disk is asked to read.
@Suite struct ReadingTests {
    /// Pages of a file that the system has in memory.
    private func cachedPages(_ path: String) throws -> Int {
        let file = try InputFile(path: path)
        let start = try #require(mmap(nil, file.byteCount, PROT_READ, MAP_SHARED, file.descriptor, 0))
        defer { munmap(start, file.byteCount) }
        var pages = [UInt8](repeating: 0, count: (file.byteCount + 4095) / 4096)
        try #require(mincore(start, file.byteCount, &pages) == 0)
        return pages.count { $0 & 1 == 1 }
    }

    private func evict(_ path: String) throws {
        let file = try InputFile(path: path)
        fsync(file.descriptor)
        posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// A small tensor brings none of the large ones around it into memory, and a large one comes when it is asked for.
    @Test func smallTensorsAreReadAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.sdq")
        _ = try writeSample(
            path,
            plan: [
                PlannedTensor(name: "unet.first", shape: [512, 4096], scheme: .f16Panels),
                PlannedTensor(name: "unet.small", shape: [8], scheme: .f16),
                PlannedTensor(name: "unet.last", shape: [512, 4096], scheme: .f16Panels),
            ], documents: [])
        try evict(path)
        guard try cachedPages(path) == 0 else { return }  // the folder is in memory and not on a disk
        let file = try WeightFile(path: path)
        let opened = try cachedPages(path)
        #expect(opened < 8)  // of 2000
        let small = try #require(file.entry("unet.small"))
        let sum = file.lend(small).bytes.reduce(0) { $0 + Int($1) }
        #expect(sum > 0)
        #expect(try cachedPages(path) <= opened + 1)
        let last = try #require(file.entry("unet.last"))
        file.waitFor(last)
        #expect(try cachedPages(path) >= opened + last.byteCount / 4096)
    }
}
