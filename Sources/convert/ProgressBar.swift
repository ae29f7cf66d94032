#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One line on stderr that redraws itself, if stderr is a terminal.
struct ProgressBar {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = -1

    mutating func show(_ done: Int, of total: Int) {
        let percent = total > 0 ? done * 100 / total : 100
        guard isTerminal, percent != shown else { return }
        shown = percent
        let filled = String(repeating: "#", count: percent * 40 / 100)
        let empty = String(repeating: ".", count: 40 - filled.count)
        printError("\rconverting [\(filled)\(empty)] \(percent) %", terminator: "")
    }

    /// Leaves the line.
    mutating func end() {
        if shown >= 0 { printError("") }
        shown = -1
    }
}

func printError(_ text: String, terminator: String = "\n") {
    let line = Array((text + terminator).utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
