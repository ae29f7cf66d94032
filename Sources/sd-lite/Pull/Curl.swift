import Terminal

/// A request by the program curl. Every system has it or can install it, and whoever keeps the system keeps its TLS,
/// certificates and proxies up to date, which a library linked into a static program would not get.
struct Curl {
    let url: String
    /// Sent as a bearer token to the host of `url`, and to no other that it redirects to.
    let token: String?
    /// The file to write.
    let output: String
    /// Where that file ends, the server is asked to go on.
    let resumes: Bool
    /// More bytes than this are refused.
    let limit: Int

    struct Answer {
        /// curl's exit status: 0 if all went well.
        let status: Int32
        /// Of the last response; 0 without one.
        let httpStatus: Int
        /// curl's own words for what went wrong.
        let message: String

        /// Whether the same request may well succeed a little later (curl's manual, EXIT CODES).
        var isPassing: Bool {
            switch status {
            case 5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92: true
            case 22: [408, 429, 500, 502, 503, 504].contains(httpStatus)
            default: false
            }
        }

        static let noRanges: Int32 = 33
        static let cannotWrite: Int32 = 23
        static let tooLong: Int32 = 63
    }

    /// - Throws: `PullError.cannotRun`, or what `watch` throws
    func run(watch: () throws -> Void) throws -> Answer {
        // Without the user's ~/.curlrc, and with everything else on stdin: arguments are for all to see.
        let outcome = try ChildProcess.run(
            "curl", ["--disable", "--config", "-"], input: .text(configuration), captures: true, watch: watch)
        let lines = outcome.output.split(separator: "\n")
        let http = lines.last { $0.hasPrefix(Self.httpMark) }?.dropFirst(Self.httpMark.count)
        let words = lines.last { $0.hasPrefix("curl: (") }?.drop { $0 != ")" }.dropFirst(2)
        return Answer(
            status: outcome.status, httpStatus: http.flatMap { Int($0) } ?? 0,
            message: words.map(String.init) ?? "curl ended with status \(outcome.status)")
    }

    private static let httpMark = "http status "

    private var configuration: String {
        // Nothing that begins encrypted goes on in the clear.
        let protocols = url.hasPrefix("https:") ? "=https" : "=http,https"
        var lines = [
            "silent", "show-error", "fail", "location", "max-redirs = 10", "connect-timeout = 30",
            // Less than a kilobyte a second for a minute.
            "speed-limit = 1000", "speed-time = 60",
            "proto = \(Self.quoted(protocols))", "proto-redir = \(Self.quoted(protocols))",
            "max-filesize = \(limit)", "user-agent = \(Self.quoted("sd-lite/\(version)"))",
            "write-out = \(Self.quoted("\n\(Self.httpMark)%{http_code}\n"))",
            "url = \(Self.quoted(url))", "output = \(Self.quoted(output))",
        ]
        if resumes { lines.append("continue-at = \"-\"") }
        if let token { lines.append("header = \(Self.quoted("Authorization: Bearer \(token)"))") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// As curl's manual, `--config`, wants it.
    private static func quoted(_ text: String) -> String {
        let escapes: [Character: String] = ["\\": "\\\\", "\"": "\\\"", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
        return "\"" + text.map { escapes[$0] ?? String($0) }.joined() + "\""
    }
}
