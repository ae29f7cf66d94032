import Foundation
import TestFiles
import Testing

extension Program {
    /// What the program writes to stderr where that is a terminal so many columns wide.
    static func errorsOnTerminal(_ name: String, _ arguments: [String], columns: UInt16) throws -> String {
        // As openpty does it: TIOCSPTLCK and TIOCGPTN are macros that Swift does not see.
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(terminal) }
        var (locked, number): (Int32, Int32) = (0, 0)
        try #require(ioctl(terminal, 0x4004_5431, &locked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
        let programsEnd = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(programsEnd, UInt(TIOCSWINSZ), &size) == 0)
        let process = process(name, arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(fileDescriptor: programsEnd)
        try process.run()
        close(programsEnd)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Fails, or finds the end, once the program is gone.
        while case let count = read(terminal, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }
}
