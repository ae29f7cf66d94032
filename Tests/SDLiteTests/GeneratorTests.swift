import Quant
import TestFiles
import Testing

@testable import SDLite

/// Noise must equal PyTorch's bit by bit on the CPU, and up to the last bits of a GPU's functions on CUDA.
struct GeneratorTests {
    private struct Case: Decodable {
        struct Call: Decodable {
            let count: Int
            let first: [UInt32]
            let last: [UInt32]
            let crc32: UInt32
        }
        let seed: UInt64
        let calls: [Call]
    }

    @Test func cpuNoiseEqualsTorchBitByBit() throws {
        let cases = try Fixtures.decode([Case].self, "noise/cpu.json")
        #expect(cases.count == 48)
        for example in cases {
            var generator = NoiseGenerator(seed: example.seed)
            for call in example.calls {
                let bits = try generator.normal(call.count).map(\.bitPattern)
                let name: Comment = "seed \(example.seed), \(call.count) values"
                #expect(Array(bits.prefix(call.first.count)) == call.first, name)
                #expect(Array(bits.suffix(16)) == call.last, name)
                let bytes = bits.flatMap { bits in (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) } }
                #expect(Checksum.of(bytes) == call.crc32, name)
            }
        }
    }

    @Test func noValuesDrawNothing() throws {
        var generator = NoiseGenerator(seed: 7)
        #expect(try generator.normal(0) == [])
        var fresh = NoiseGenerator(seed: 7)
        #expect(try generator.normal(20) == fresh.normal(20))
    }

    @Test(arguments: NoiseSource.allCases, [-1, .min, .max, 1 << 28 + 1])
    func countsThatMakeNoSenseAreRefused(source: NoiseSource, count: Int) throws {
        var generator = NoiseGenerator(seed: 7, source: source)
        #expect(throws: NoiseError.badCount(count, most: 1 << 28)) { try generator.normal(count) }
        #expect(throws: LatentsError.self) { try generator.randn(shape: [1, 4, count, 1]) }
        var fresh = NoiseGenerator(seed: 7, source: source)
        #expect(try generator.normal(20) == fresh.normal(20))
    }

    /// The known answers that Random123 publishes (tests/kat_vectors, philox4x32 10).
    @Test func philoxGivesItsKnownAnswers() {
        #expect(
            philox(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            philox(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            philox(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    /// `torch.manual_seed(0); torch.randn(8, 8, device="cuda")` as it is printed in published notebooks.
    @Test func cudaNoiseEqualsPublishedValues() throws {
        let published: [Float] = [
            -0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284,
            -1.0745, -0.3631, -1.6711, 2.2655, 0.3117, -0.1842, 1.2866, 1.1820,
            -0.1271, 1.2169, 1.4353, 1.0605, -0.4941, -1.4244, -0.7244, -1.2973,
            0.0697, -0.0074, 1.8969, 0.6878, -0.0779, -0.8373, 1.3506, -0.2879,
            -0.5965, -0.3283, -0.9086, -0.8059, -0.7407, -0.0504, 0.5435, 1.5150,
            0.0141, 0.4532, 1.6349, 0.7124, -0.1806, 1.0252, -1.4622, -0.7554,
            -0.1836, 0.3824, 0.3918, -0.0830, 0.8971, -1.1123, 0.1116, 0.4863,
            -0.5499, -0.3231, -0.5469, 0.9049, 0.2837, 0.1210, 0.4730, -1.0823,
        ]
        var generator = NoiseGenerator(seed: 0, source: .cuda)
        for (value, expected) in zip(try generator.normal(64), published) {
            // Half a unit of the last printed digit, and float32's rounding.
            #expect(abs(value - expected) < 0.5001e-4)
        }
    }

    @Test func cudaCallsAndSeedsAreDistinctStreams() throws {
        var generator = NoiseGenerator(seed: 3, source: .cuda)
        let (first, second) = try (generator.normal(8), generator.normal(8))
        #expect(first != second)
        // The high half of the seed counts, unlike on the CPU.
        var other = NoiseGenerator(seed: 3 + 1 << 32, source: .cuda)
        #expect(try other.normal(8) != first)
        // A value depends on its place only, not on how many are drawn.
        var longer = NoiseGenerator(seed: 3, source: .cuda)
        #expect(try Array(longer.normal(100).prefix(8)) == first)
    }
}
