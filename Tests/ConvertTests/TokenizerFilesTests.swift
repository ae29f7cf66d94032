import TestFiles
import Testing

@testable import convert

@Suite struct TokenizerFilesTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var checkpoint = try TinyCheckpoint()
        checkpoint.texts["tokenizer/vocab.json"] = nil
        try checkpoint.write(to: folder)
    }

    func read(merges: String, type: String = "BPE") throws -> TokenizerFiles {
        try folder.write(
            "checkpoint/tokenizer/tokenizer.json",
            #"""
            {"version":"1.0","added_tokens":[{"id":3,"content":"<|endoftext|>","special":true}],
             "model":{"type":"\#(type)","dropout":null,"vocab":{"a":0,"b</w>":1,"ab</w>":2,"<|endoftext|>":3},
             "merges":\#(merges)}}
            """#)
        return try TokenizerFiles(CheckpointTexts(folder: folder.path("checkpoint")))
    }

    @Test(arguments: [#"["a b</w>"]"#, #"[["a","b</w>"]]"#]) func bothSpellingsOfMerges(_ merges: String) throws {
        let files = try read(merges: merges)
        #expect(files.tokens == ["a", "b</w>", "ab</w>", "<|endoftext|>"])
        #expect(files.merges == ["a b</w>"])
    }

    @Test func otherTokenizersAreRefused() async throws {
        await expectError("the tokenizer is not of the BPE type") { _ = try read(merges: "[]", type: "Unigram") }
        await expectError("merge 1 is not two tokens") { _ = try read(merges: #"[["a","b","c"]]"#) }
        await expectError("malformed JSON") { _ = try read(merges: "[7]") }
    }

    /// Which of the two files counts, as in transformers' `_from_pretrained`.
    @Test(
        arguments: [
            (nil, nil, end), ("{}", "{}", end), (pad(end), pad(bang), bang), (pad(bang), pad(end), end),
            (pad(bang), nil, bang), (pad(bang), "{}", bang), (pad(bang), #"{"pad_token":null}"#, bang),
            (#"{"pad_token":{"content":"!","lstrip":false}}"#, nil, bang),
            (nil, #"{"pad_token":{"content":"!"}}"#, bang),
            (#"{"pad_token":"<|endoftext|>","added_tokens_decoder":{"5":{}}}"#, pad(bang), end),
            (#"{"model_max_length":1000000000000000019884624838656}"#, nil, end),
        ] as [(String?, String?, String)])
    func padding(_ config: String?, _ map: String?, _ expected: String) throws {
        var checkpoint = try TinyCheckpoint()
        checkpoint.texts["tokenizer/tokenizer_config.json"] = config
        checkpoint.texts["tokenizer/special_tokens_map.json"] = map
        let folder = try TemporaryFolder()
        try checkpoint.write(to: folder)
        #expect(try TokenizerFiles(CheckpointTexts(folder: folder.path("checkpoint"))).padToken == expected)
    }

    @Test func windowsLineEndings() throws {
        try folder.write("checkpoint/tokenizer/vocab.json", #"{"a":0,"b":1,"ab":2}"#)
        try folder.write("checkpoint/tokenizer/merges.txt", "#version: 0.2\r\na b\r\nab a\r\n")
        let files = try TokenizerFiles(CheckpointTexts(folder: folder.path("checkpoint")))
        #expect(files.merges == ["a b", "ab a"])
    }
}

private let (end, bang) = ("<|endoftext|>", "!")

private func pad(_ token: String) -> String { #"{"pad_token":"\#(token)"}"# }
