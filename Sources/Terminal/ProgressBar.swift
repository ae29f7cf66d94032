import Glibc

/// How far the work has come, on stderr: on a terminal one line that redraws itself, elsewhere a line now and then.
package struct ProgressBar {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = ""
    private var log = ProgressLog()

    /// - Parameter quiet: shows nothing
    package init(quiet: Bool = false) { isQuiet = quiet }

    /// - Parameter notes: what stands behind the bar, such as the time left; the last are left out where a terminal
    ///   is narrow
    package mutating func show(_ title: String, _ done: Int, of total: Int, notes: [String] = []) {
        guard !isQuiet else { return }
        let progress = ProgressLine(title, done, of: total, notes: notes)
        guard isTerminal else {
            if log.isDue(progress, at: .now) { printError(progress.plain) }
            return
        }
        let line = progress.withBar(columns: Self.columns)
        guard line != shown else { return }
        shown = line
        let eraseToEndOfLine = "\u{1b}[K"
        printError("\r\(line)\(eraseToEndOfLine)", terminator: "")
    }

    /// Leaves the line.
    package mutating func end() {
        if !shown.isEmpty { printError("") }
        shown = ""
    }

    /// Of the terminal, which may have been resized.
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

package func printError(_ text: String, terminator: String = "\n") {
    let line = Array((text + terminator).utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
