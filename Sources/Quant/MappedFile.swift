import Glibc

/// A file mapped read-only: the one place that knows `mmap` and `madvise`. The bytes stay valid as long as this
/// object lives. Should another process truncate the file meanwhile, touching the lost pages ends the process (SIGBUS),
/// as with every mapped file.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    package let bytes: UnsafeRawBufferPointer

    /// - Throws: `FormatError.cannotOpen`, `.notARegularFile`, `.tooShort` for an empty file.
    package init(path: String) throws(FormatError) {
        let file = try InputFile(path: path)
        guard file.byteCount > 0 else { throw .tooShort(file: path, byteCount: 0, needed: 1) }
        guard let start = mmap(nil, file.byteCount, PROT_READ, MAP_PRIVATE, file.descriptor, 0), start != MAP_FAILED
        else { throw .cannotOpen(file: path, reason: systemReason()) }
        self.path = path
        self.bytes = UnsafeRawBufferPointer(start: start, count: file.byteCount)
        expect(.scattered)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// What is going to be read.
    package enum Reading: Sendable {
        /// Here and there a little: the disk reads no page but those that are touched.
        case scattered
        /// From one end to the other: the disk reads on beyond what is touched.
        case whole
    }

    /// What is going to be read from now on; at first it is scattered.
    package func expect(_ reading: Reading) {
        advise(reading == .scattered ? Advice.scattered : Advice.whole, bytes)
    }

    /// What the kernel is asked to do with pages.
    private enum Advice {
        static let scattered = MADV_RANDOM
        static let whole = MADV_NORMAL
        static let readAhead = MADV_WILLNEED
        /// MADV_POPULATE_READ of Linux 5.14, which the C library's module does not export.
        static let populate: Int32 = 22
    }

    /// Begins to read a range from the disk, without waiting and without making it resident in this process.
    package func readAhead(_ range: UnsafeRawBufferPointer) {
        if !isCached(range) { advise(Advice.readAhead, range) }
    }

    /// Waits until the disk has delivered a range. What it has is not made resident here: that is cheaper when it is
    /// touched, by several threads. Before Linux 5.14 all waiting is left to them.
    package func waitFor(_ range: UnsafeRawBufferPointer) {
        if !isCached(range) { advise(Advice.populate, range) }
    }

    /// Whether the system has a range in memory, by a page of every megabyte and the last: asking for all pages takes as
    /// long as mapping them. It says so of any file that this process may not write.
    private func isCached(_ range: UnsafeRawBufferPointer) -> Bool {
        let (pages, byteCount) = pages(touching: range)
        var state: UInt8 = 0
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let last = (byteCount - 1) / page * page
        return (Array(stride(from: 0, to: byteCount, by: 1 << 20)) + [last]).allSatisfy { offset in
            mincore(pages + offset, 1, &state) == 0 && state & 1 == 1
        }
    }

    /// Advises on every page that the range touches.
    private func advise(_ advice: Int32, _ range: UnsafeRawBufferPointer) {
        let (pages, byteCount) = pages(touching: range)
        madvise(pages, byteCount, advice)
    }

    /// - Parameter unit: what the first page's place and the number of bytes are multiples of, but for the file's end
    private func pages(
        touching range: UnsafeRawBufferPointer, unit: Int = Int(sysconf(Int32(_SC_PAGESIZE)))
    ) -> (start: UnsafeMutableRawPointer, byteCount: Int) {
        guard let base = bytes.baseAddress, let start = range.baseAddress, start >= base,
            start + range.count <= base + bytes.count
        else { preconditionFailure("range outside the mapping") }
        let from = (start - base) / unit * unit
        let to = min(bytes.count, (start - base + range.count + unit - 1) / unit * unit)
        return (UnsafeMutableRawPointer(mutating: base + from), to - from)
    }

    /// Gives all pages back to the system.
    package func discardAll() { discard(bytes) }

    /// Gives the pages of `range` back to the system, with those around it that Linux made resident on the way (it maps
    /// 64 KiB at a time); they return from the file when touched.
    package func discard(_ range: UnsafeRawBufferPointer) {
        let (pages, byteCount) = pages(touching: range, unit: Self.faultAround)
        madvise(pages, byteCount, MADV_DONTNEED)
    }
    private static let faultAround = 65_536
}
