import Terminal

/// Files that are fetched one after the other, with one bar for all.
struct Downloads {
    let list: [Download]

    var byteCount: Int { list.reduce(0) { $0 + ($1.byteCount ?? 0) } }

    /// - Throws: `PullError`, `CancellationError` if the user interrupts
    func run(quiet: Bool) throws {
        var bar = ProgressBar(quiet: quiet)
        defer { bar.end() }
        let total = byteCount
        let start = ContinuousClock.now
        // Of the files before the one in work: their size, and what of it was fetched now.
        var (before, fetchedBefore) = (0, 0)
        for download in list {
            var first: Int?
            var done = 0
            try download.run { bytes in
                try checkInterruption()
                first = first ?? bytes
                done = bytes
                let fetched = fetchedBefore + max(0, done - (first ?? 0))
                let notes = Self.notes(before + done, of: total, fetched, in: (.now - start) / .seconds(1))
                bar.show("downloading", total > 0 ? before + done : 0, of: max(1, total), notes: notes)
            }
            fetchedBefore += max(0, done - (first ?? 0))
            before += download.byteCount ?? done
        }
        bar.show("downloading", 1, of: 1)
    }

    /// How much of the whole, how fast, how long still.
    private static func notes(_ done: Int, of total: Int, _ fetched: Int, in seconds: Double) -> [String] {
        let amount = total > 0 ? "\(byteText(done)) of \(byteText(total))" : byteText(done)
        guard fetched > 0, seconds > 1 else { return [amount] }
        let rate = Double(fetched) / seconds
        let left = Int(Double(max(0, total - done)) / rate)
        return [amount, "\(byteText(Int(rate)))/s"] + (total > 0 ? ["\(clock(min(left, 359_999))) left"] : [])
    }
}

/// - Throws: `CancellationError` once the user has asked the program to stop
func checkInterruption() throws {
    guard !Interruption.requested else { throw CancellationError() }
}
