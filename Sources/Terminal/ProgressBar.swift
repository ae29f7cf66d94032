import Glibc

/// One line on stderr that redraws itself, if stderr is a terminal.
package struct ProgressBar {
    private let isTerminal: Bool
    private var shown = ""

    /// - Parameter quiet: shows nothing
    package init(quiet: Bool = false) {
        isTerminal = !quiet && isatty(STDERR_FILENO) == 1
    }

    /// - Parameter note: what stands behind the bar, such as the time left
    package mutating func show(_ title: String, _ done: Int, of total: Int, note: String = "") {
        guard isTerminal else { return }
        let percent = total > 0 ? done * 100 / total : 100
        let filled = String(repeating: "#", count: percent * 40 / 100)
        let empty = String(repeating: ".", count: 40 - filled.count)
        let line = "\(title) [\(filled)\(empty)] \(percent) %  \(note)"
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
}

package func printError(_ text: String, terminator: String = "\n") {
    let line = Array((text + terminator).utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
