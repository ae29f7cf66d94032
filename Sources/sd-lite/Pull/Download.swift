import Glibc
import Quant
import Terminal

/// One file, fetched under the name `….part`, checked, and then given its name. What an earlier attempt has fetched is
/// kept if a checksum will tell whether it fits.
struct Download {
    let url: String
    let token: String?
    /// Where it goes. Its folder exists.
    let path: String
    /// Nil where it is not known beforehand.
    let byteCount: Int?
    /// 64 hexadecimal digits.
    let sha256: String?

    /// The most that a file of unknown size may have.
    private static let sizeLimit = 64 << 30
    /// Attempts without progress before giving up.
    private static let attempts = 4

    private var part: String { path + ".part" }

    /// Whether it is there, from an attempt that got so far.
    private var isComplete: Bool { sha256 != nil && byteCount != nil && size(of: path) == byteCount }

    /// The bytes that are still to come, as far as that is known.
    var missingByteCount: Int { isComplete ? 0 : max(0, (byteCount ?? 0) - (sha256 == nil ? 0 : size(of: part))) }

    /// - Parameter progress: is given the bytes that are there, about ten times a second; an error from it stops the
    ///   download
    /// - Throws: `PullError`
    func run(progress: (_ done: Int) throws -> Void) throws {
        if isComplete { return }
        if sha256 == nil { unlink(part) }
        if byteCount == 0 { close(open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)) }
        try fetch(progress)
        if let sha256, try Self.sha256(of: part, progress: { try progress(byteCount ?? 0) }) != sha256 {
            unlink(part)
            throw PullError.wrongChecksum(file: path)
        }
        guard rename(part, path) == 0 else {
            throw PullError.cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Brings the part to its full length, however often the connection breaks.
    private func fetch(_ progress: (_ done: Int) throws -> Void) throws {
        var best = size(of: part)
        var failures = 0
        while byteCount != size(of: part) {
            if let byteCount, size(of: part) > byteCount { unlink(part) }
            let answer = try request(progress)
            let done = size(of: part)
            if answer.status == 0, byteCount == nil || byteCount == done { return }
            if let byteCount, done > byteCount { throw tooLong(byteCount) }
            try check(answer)
            if answer.status == Curl.Answer.noRanges { unlink(part) }
            failures = done > best ? 0 : failures + 1
            best = max(best, done)
            guard failures < Self.attempts else {
                throw answer.status == 0
                    ? PullError.tooShort(url: url, expected: byteCount ?? 0, found: done)
                    : PullError.brokenOff(url: url, reason: answer.message)
            }
            try pause(seconds: max(1, failures), progress)
        }
    }

    private func request(_ progress: (_ done: Int) throws -> Void) throws -> Curl.Answer {
        let limit = byteCount ?? Self.sizeLimit
        return try Curl(url: url, token: token, output: part, resumes: true, limit: limit).run {
            let done = size(of: part)
            guard done <= limit else { throw tooLong(limit) }
            try progress(done)
        }
    }

    /// Throws for an answer that another attempt would not change.
    private func check(_ answer: Curl.Answer) throws {
        // curl takes it for success where it was to go on.
        if answer.httpStatus == 416 {
            let found = size(of: part)
            unlink(part)
            throw PullError.tooShort(url: url, expected: byteCount ?? 0, found: found)
        }
        switch answer.status {
        case 0, Curl.Answer.noRanges:
            break
        case Curl.Answer.tooLong:
            throw tooLong(byteCount ?? Self.sizeLimit)
        case Curl.Answer.cannotWrite:
            throw PullError.cannotWrite(file: part, reason: "the disk is full, or the file system refuses")
        case 22 where !answer.isPassing:
            throw PullError.http(url: url, status: answer.httpStatus)
        case _ where !answer.isPassing:
            throw PullError.transfer(url: url, reason: answer.message)
        default:
            break
        }
    }

    private func tooLong(_ limit: Int) -> PullError {
        unlink(part)
        return .tooLong(url: url, expected: limit)
    }

    /// Nothing where there is no such file.
    private func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private func pause(seconds: Int, _ progress: (_ done: Int) throws -> Void) throws {
        for _ in 0..<10 * seconds {
            usleep(100_000)
            try progress(size(of: part))
        }
    }

    /// By the program sha256sum: this is the only place that needs one, and coreutils and busybox have it.
    private static func sha256(of path: String, progress: () throws -> Void) throws -> String {
        let outcome = try ChildProcess.run("sha256sum", [], input: .file(path), captures: true, watch: progress)
        guard outcome.status == 0 else {
            throw PullError.cannotRun(program: "sha256sum", reason: oneLine(outcome.output))
        }
        return String(outcome.output.prefix(64))
    }
}
