/// What is said about the progress of one stage of the work.
struct ProgressLine {
    let title: String
    let percent: Int
    /// What stands behind, the most important first.
    let notes: [String]

    /// - Parameters:
    ///   - done: parts that are done, out of `total`
    init(_ title: String, _ done: Int, of total: Int, notes: [String]) {
        self.title = title
        percent = total > 0 ? min(100, max(0, done) * 100 / total) : 100
        self.notes = notes
    }

    /// With a bar and as many of the notes as there is room for, shorter than `columns`: a line that reaches the last
    /// column wraps on some terminals, and would then not redraw itself.
    func withBar(columns: Int) -> String {
        let room = columns - 1
        let cells = columns >= 100 ? 40 : columns >= 60 ? 20 : 10
        let filled = String(repeating: "#", count: percent * cells / 100)
        let empty = String(repeating: ".", count: cells - filled.count)
        let number = String(repeating: " ", count: 3 - "\(percent)".count) + "\(percent) %"
        for length in [cells, 0] {
            let bar = length == 0 ? "" : " [\(filled)\(empty)]"
            for kept in (0...notes.count).reversed() {
                let note = kept == 0 ? "" : "  " + notes.prefix(kept).joined(separator: ", ")
                let line = "\(title)\(bar) \(number)\(note)"
                if line.count <= room { return line }
            }
        }
        return String("\(title) \(number)".prefix(max(0, room)))
    }

    /// For a log.
    var plain: String {
        ((percent > 0 ? ["\(title) \(percent) %"] : [title]) + notes).joined(separator: ", ")
    }
}

/// When a log that nobody may be reading is to hear of the progress: when a stage begins, and then after ten seconds
/// or a tenth of the stage, whichever takes longer.
struct ProgressLog {
    private var last: (title: String, percent: Int, time: ContinuousClock.Instant)?

    mutating func isDue(_ line: ProgressLine, at time: ContinuousClock.Instant) -> Bool {
        if let last, last.title == line.title,
            line.percent < last.percent + 10 || time < last.time + .seconds(10)
        {
            return false
        }
        last = (line.title, line.percent, time)
        return true
    }
}
