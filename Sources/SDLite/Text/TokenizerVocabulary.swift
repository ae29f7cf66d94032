/// Tokens and merges, and the byte-pair encoding they define (Sennrich et al. 2016, on bytes as in GPT-2).
struct TokenizerVocabulary: Sendable {
    private struct Merge {
        let rank: Int
        let id: Int
    }

    private struct Pair: Hashable {
        let left: Int
        let right: Int
    }

    /// UTF-8 spellings in GPT-2's byte alphabet, by id.
    let tokens: [ArraySlice<UInt8>]
    let startID: Int
    let endID: Int
    /// Ids of the single bytes inside a word and at its end.
    private let innerIDs: [Int]
    private let finalIDs: [Int]
    private let merges: [Pair: Merge]

    private static let wordEnd = Array("</w>".utf8)

    init(tokens tokenLines: [UInt8], merges mergeLines: [UInt8]) throws(TokenizerError) {
        tokens = Self.lines(tokenLines)
        var ids: [ArraySlice<UInt8>: Int] = [:]
        ids.reserveCapacity(tokens.count)
        for (id, token) in tokens.enumerated() {
            guard ids.updateValue(id, forKey: token) == nil else {
                throw .duplicateToken(String(decoding: token, as: UTF8.self))
            }
        }
        func id(_ token: [UInt8]) throws(TokenizerError) -> Int {
            guard let id = ids[token[...]] else { throw .missingToken(String(decoding: token, as: UTF8.self)) }
            return id
        }
        startID = try id(Array("<|startoftext|>".utf8))
        let endID = try id(Array("<|endoftext|>".utf8))
        self.endID = endID
        // A byte that a small vocabulary lacks is unknown, for which CLIP uses the end token.
        innerIDs = byteAlphabet.map { ids[Array(String($0).utf8)[...]] ?? endID }
        finalIDs = byteAlphabet.map { ids[(Array(String($0).utf8) + Self.wordEnd)[...]] ?? endID }

        var merges: [Pair: Merge] = [:]
        for (number, line) in Self.lines(mergeLines).enumerated() {
            if number == 0, line.starts(with: "#version".utf8) { continue }
            let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw .badMerge(line: number + 1) }
            let pair = Pair(left: try id(Array(parts[0])), right: try id(Array(parts[1])))
            merges[pair] = Merge(rank: number, id: try id(Array(parts[0]) + parts[1]))
        }
        self.merges = merges
    }

    /// The id of a token that is spelled in ASCII.
    func id(of token: String) throws(TokenizerError) -> Int {
        guard !token.isEmpty, let id = tokens.firstIndex(of: Array(token.utf8)[...]) else { throw .missingToken(token) }
        return id
    }

    /// The tokens of one word: starting from its bytes, always the earliest of the listed merges that applies.
    func encode(word: ArraySlice<Unicode.Scalar>) -> [Int] {
        let bytes = word.flatMap { Array(String($0).utf8) }
        guard let last = bytes.last else { return [] }
        var symbols = bytes.dropLast().map { innerIDs[Int($0)] } + [finalIDs[Int(last)]]
        while let best = earliestMerge(symbols) { symbols = apply(best, to: symbols) }
        return symbols
    }

    private func earliestMerge(_ symbols: [Int]) -> Merge? {
        zip(symbols, symbols.dropFirst()).compactMap { merge($0, $1) }.min { $0.rank < $1.rank }
    }

    /// Merges every pair of this rank from left to right, but stops where a merge makes an earlier-ranked one possible.
    private func apply(_ best: Merge, to symbols: [Int]) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(symbols.count)
        var i = 0
        while i < symbols.count {
            guard i + 1 < symbols.count, merge(symbols[i], symbols[i + 1])?.rank == best.rank else {
                result.append(symbols[i])
                i += 1
                continue
            }
            let before = result.last.flatMap { merge($0, best.id) }
            let after = i + 2 < symbols.count ? merge(best.id, symbols[i + 2]) : nil
            result.append(best.id)
            i += 2
            if [before, after].contains(where: { $0 != nil && $0!.rank < best.rank }) {
                return result + symbols[i...]
            }
        }
        return result
    }

    private func merge(_ left: Int, _ right: Int) -> Merge? { merges[Pair(left: left, right: right)] }

    /// The text of tokens, as `batch_decode` of the CLIP tokenizer gives it: words apart, no space at the ends.
    func decode(_ ids: ArraySlice<Int>) -> String {
        var bytes: [UInt8] = []
        for id in ids {
            let spelling = String(decoding: tokens[id], as: UTF8.self)
            for scalar in spelling.unicodeScalars {
                if let byte = byteOfScalar[scalar] { bytes.append(byte) } else { bytes += Array(String(scalar).utf8) }
            }
        }
        var text: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == Self.wordEnd[0], rest.starts(with: Self.wordEnd.dropFirst()) {
                text.append(UInt8(ascii: " "))
                rest = rest.dropFirst(Self.wordEnd.count - 1)
            } else {
                text.append(byte)
            }
        }
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

/// GPT-2's printable stand-ins for the 256 bytes: itself where that is visible Latin-1, else from U+0100 on.
private let byteAlphabet: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0...UInt8.max).map { byte in
        switch byte {
        case 33...126, 161...172, 174...255: return Unicode.Scalar(byte)
        default:
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }
}()

private let byteOfScalar = Dictionary(uniqueKeysWithValues: zip(byteAlphabet, 0...UInt8.max))
