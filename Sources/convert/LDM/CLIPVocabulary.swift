import CLIPMerges
import FoundationEssentials
import Quant

/// The vocabulary of OpenAI's CLIP, which all of Stable Diffusion uses and single files do not hold.
enum CLIPVocabulary {
    /// merges.txt
    static let merges: [UInt8] = {
        let stored = UnsafeRawBufferPointer(start: clipMerges(), count: clipMergesByteCount())
        let byteCount = Int(UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self)))
        let text = LZ4.decompress(UnsafeRawBufferPointer(rebasing: stored.dropFirst(4)), byteCount: byteCount)
        guard let text else { preconditionFailure("the program's own merges are damaged") }
        return text
    }()

    /// vocab.json
    static func vocabulary() throws -> [UInt8] { try encoded.get() }

    private static let encoded = Result { Array(try JSONEncoder().encode(ids)) }

    /// Every token's id, as simple_tokenizer.py of CLIP numbers them.
    private static let ids: [String: Int] = {
        // GPT-2's stand-ins for the bytes: the visible ones of Latin-1, then U+0100 and on for the others.
        let bytes = [33...126, 161...172, 174...255, 256...323].joined().compactMap {
            Unicode.Scalar($0).map { String($0) }
        }
        let merged = String(decoding: merges, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
            String(line.filter { $0 != " " })
        }
        let tokens = bytes + bytes.map { $0 + "</w>" } + merged + ["<|startoftext|>", "<|endoftext|>"]
        return Dictionary(zip(tokens, tokens.indices)) { first, _ in first }
    }()
}
