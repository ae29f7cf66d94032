import FoundationEssentials
import TestFiles
import Testing

@testable import SDLite

/// Ids must equal those of transformers' CLIPTokenizer on CLIP's real vocabulary.
struct TokenizerTests {
    private struct Case: Decodable {
        let text: String
        let ids: [Int]
        let truncatedText: String?
    }

    private static let tokenizer = Result { try Tokenizer(tokens: tokens(), merges: merges()) }

    @Test func encodesLikeTransformers() throws {
        let tokenizer = try Self.tokenizer.get()
        let cases = try Fixtures.decode([Case].self, "tokenizer/prompts.json")
        #expect(cases.count > 180)
        try check(tokenizer, cases, padID: 49407)
    }

    /// Prompts are filled up with `!`, and one in a prompt is that very token.
    @Test func encodesLikeTransformersForVersion2() throws {
        let tokenizer = try Tokenizer(tokens: Self.tokens(), merges: Self.merges(), padToken: "!")
        let cases = try Fixtures.decode([Case].self, "tokenizer/exclamations.json")
        #expect(cases.count > 20)
        try check(tokenizer, cases, padID: 0)
    }

    private func check(_ tokenizer: Tokenizer, _ cases: [Case], padID: Int) throws {
        for example in cases {
            let encoding = tokenizer.encode(example.text)
            let padding = Array(repeating: padID, count: 77 - example.ids.count)
            #expect(encoding.ids == example.ids + padding, "\(example.text.debugDescription)")
            // Bytes, because == on strings would also hold for another spelling of the same characters.
            #expect(encoding.truncatedText.map { Array($0.utf8) } == example.truncatedText.map { Array($0.utf8) })
        }
    }

    @Test func padsWithTheGivenToken() throws {
        let tokenizer = try Tokenizer(tokens: Self.tokens(), merges: Self.merges(), padToken: "!")
        #expect(tokenizer.encode("a cat").ids == [49406, 320, 2368, 49407] + Array(repeating: 0, count: 73))
    }

    @Test func manyWordsAndOneEndlessWordAreEncodedInTime() throws {
        let tokenizer = try Self.tokenizer.get()
        let endless = String(repeating: "ab!", count: 5_000) + String(repeating: "a", count: 10_000)
        #expect(tokenizer.encode(endless).ids.count == 77)
    }

    @Test func refusesListsThatDoNotFit() {
        let special = "<|startoftext|>\n<|endoftext|>\n"
        func error(_ tokens: String, _ merges: String, padToken: String? = nil) -> TokenizerError? {
            #expect(throws: TokenizerError.self) {
                try Tokenizer(tokens: Array(tokens.utf8), merges: Array(merges.utf8), padToken: padToken)
            }
        }
        #expect(error("", "") == .missingToken("<|startoftext|>"))
        #expect(error("<|startoftext|>\n", "") == .missingToken("<|endoftext|>"))
        #expect(error("a\na\n" + special, "") == .duplicateToken("a"))
        #expect(error("a\nb\n" + special, "#version: 0.2\na b\n") == .missingToken("ab"))
        #expect(error("a\nb\n" + special, "b c\n") == .missingToken("c"))
        #expect(error("a\nb\nab\n" + special, "a b\nab\n") == .badMerge(line: 2))
        #expect(error("a\nb\nab\n" + special, "a  b\n") == .badMerge(line: 1))
        #expect(error("a\n" + special, "", padToken: "!") == .missingToken("!"))
        #expect(error("a\n\n" + special, "", padToken: "") == .missingToken(""))
    }

    @Test func aByteThatTheVocabularyLacksBecomesTheEndToken() throws {
        let tokens = "a\nb</w>\nab</w>\n<|startoftext|>\n<|endoftext|>\n"
        let tokenizer = try Tokenizer(tokens: Array(tokens.utf8), merges: Array("a b</w>".utf8))
        #expect(tokenizer.encode("ab aab é").ids.prefix(8) == [3, 2, 0, 2, 4, 4, 4, 4])
    }

    /// The vocabulary in the form that model files hold.
    private static func tokens() throws -> [UInt8] {
        let json = try Data(contentsOf: URL(filePath: BundledModel.checkpoint + "/tokenizer/vocab.json"))
        let ids = try JSONDecoder().decode([String: Int].self, from: json)
        return ids.sorted { $0.value < $1.value }.flatMap { Array($0.key.utf8) + [UInt8(ascii: "\n")] }
    }

    private static func merges() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: BundledModel.checkpoint + "/tokenizer/merges.txt")))
    }
}
