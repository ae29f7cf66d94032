import FoundationEssentials
import Glibc

/// Another program, run beside this one until it ends.
enum ChildProcess {
    struct Outcome {
        /// As a shell counts: 128 and the signal's number, if one ended it.
        let status: Int32
        /// The first 16 KiB of what it wrote; empty unless captured.
        let output: String
    }

    enum Input {
        case nothing
        /// At most 60,000 bytes, so that a pipe holds them all.
        case text(String)
        case file(String)
    }

    /// - Parameters:
    ///   - program: a path, or a name to look for in PATH
    ///   - captures: whether what it writes is kept; else it all goes to stderr
    ///   - watch: called about ten times a second; an error from it ends the program
    /// - Throws: `PullError.cannotRun`, or what `watch` throws
    static func run(
        _ program: String, _ arguments: [String], input: Input, captures: Bool, watch: () throws -> Void
    ) throws -> Outcome {
        func refused(_ code: Int32) -> PullError {
            .cannotRun(program: program, reason: String(cString: strerror(code)))
        }
        let source = try input.open { refused($0) }
        defer { close(source) }
        let pipe = captures ? try Pipe { refused($0) } : nil
        let sink = pipe?.writeEnd ?? STDERR_FILENO

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sink, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sink, STDERR_FILENO)
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var id = pid_t()
        let code = posix_spawnp(&id, program, &actions, nil, words, variables)
        guard code == 0 else { throw refused(code) }
        pipe?.closeWriteEnd()

        var status: Int32 = 0
        do {
            while waitpid(id, &status, WNOHANG) == 0 {
                try watch()
                if let pipe { pipe.drain(waiting: 100) } else { usleep(50_000) }
            }
        } catch {
            kill(id, SIGTERM)
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            throw error
        }
        pipe?.drain(waiting: 0)
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
            output: String(decoding: pipe?.contents ?? [], as: UTF8.self))
    }
}

extension ChildProcess.Input {
    /// A descriptor to read it from.
    fileprivate func open(refused: (Int32) -> PullError) throws -> Int32 {
        let descriptor: Int32
        switch self {
        case .nothing: descriptor = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        case .file(let path): descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        case .text(let text):
            let pipe = try Pipe(refused: refused)
            let bytes = Array(text.utf8)
            precondition(bytes.count <= 60_000)
            guard write(pipe.writeEnd, bytes, bytes.count) == bytes.count else { throw refused(errno) }
            descriptor = fcntl(pipe.readEnd, F_DUPFD_CLOEXEC, 3)
        }
        guard descriptor >= 0 else { throw refused(errno) }
        return descriptor
    }
}

/// A pipe that other programs inherit only where it is handed to them.
private final class Pipe {
    let readEnd: Int32
    private(set) var writeEnd: Int32
    private(set) var contents: [UInt8] = []
    private var atEnd = false

    init(refused: (Int32) -> PullError) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw refused(errno) }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(readEnd)
        closeWriteEnd()
    }

    func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// Takes what there is, after waiting up to so many milliseconds for something.
    func drain(waiting milliseconds: Int32) {
        guard !atEnd else {
            usleep(UInt32(milliseconds) * 1000)
            return
        }
        var wait = milliseconds
        var buffer = [UInt8](repeating: 0, count: 4096)
        var ready = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        while poll(&ready, 1, wait) > 0 {
            let count = read(readEnd, &buffer, buffer.count)
            guard count > 0 else {
                atEnd = true
                return
            }
            contents += buffer.prefix(min(count, 16_384 - contents.count))
            wait = 0
        }
    }
}
