/// The header of an `.npy` file: a Python dictionary with exactly the keys `descr`, `fortran_order` and `shape`.
struct NpyHeader {
    let shape: [Int]
    /// As in NumPy before version 2.
    static let mostDimensions = 32

    init(text: ArraySlice<UInt8>, file: String) throws {
        var scanner = NpyScanner(rest: text)
        var (descr, order, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
        var sound = scanner.accept("{")
        while sound, !scanner.accept("}") {
            guard let key = scanner.string(), scanner.accept(":") else { sound = false; break }
            switch key {
            case "descr":
                if scanner.next == UInt8(ascii: "[") { throw NpyError.dtype(file: file, found: "a record") }
                sound = descr == nil
                descr = scanner.string()
            case "fortran_order":
                sound = order == nil
                order = scanner.accept("True") ? true : scanner.accept("False") ? false : nil
            case "shape":
                sound = shape == nil
                shape = scanner.tuple()
            default:
                sound = false
            }
            guard scanner.accept(",") || scanner.next == UInt8(ascii: "}") else { sound = false; break }
        }
        guard sound, scanner.next == nil, let descr, let order, let shape else {
            throw NpyError.malformedHeader(file: file)
        }
        guard descr == "<f4" else { throw NpyError.dtype(file: file, found: String(descr.prefix(40))) }
        guard !order else { throw NpyError.fortranOrder(file: file) }
        self.shape = shape
    }
}

/// The few Python literals that occur in such a header.
private struct NpyScanner {
    var rest: ArraySlice<UInt8>

    /// The next byte that is not white space.
    var next: UInt8? {
        mutating get {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            return rest.first
        }
    }

    mutating func accept(_ word: String) -> Bool {
        guard next != nil, rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    mutating func string() -> String? {
        guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let body = rest.dropFirst().prefix { $0 != quote }
        guard body.endIndex < rest.endIndex else { return nil }
        rest = rest[(body.endIndex + 1)...]
        return String(decoding: body, as: UTF8.self)
    }

    mutating func tuple() -> [Int]? {
        guard accept("(") else { return nil }
        var numbers: [Int] = []
        while !accept(")") {
            guard let digit = next, digit != UInt8(ascii: "-"), numbers.count < NpyHeader.mostDimensions else {
                return nil
            }
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
            rest = rest[digits.endIndex...]
            guard accept(",") || next == UInt8(ascii: ")") else { return nil }
        }
        return numbers
    }
}
