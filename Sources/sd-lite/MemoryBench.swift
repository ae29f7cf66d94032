import FoundationEssentials
import SDLite
import Terminal

/// `sd-lite bench --memory`: planned against measured.
struct MemoryBench {
    let pipeline: Pipeline
    /// Generations of every kind.
    let rounds: Int

    private struct Case {
        let width, height: Int
        /// In megabytes.
        let limit: Int?
        var guidanceScale: Float = 7.5
        var vaeTiling = false
    }
    private static let cases = [
        Case(width: 512, height: 512, limit: nil), Case(width: 512, height: 512, limit: 300),
        Case(width: 512, height: 512, limit: 200), Case(width: 512, height: 512, limit: 200, guidanceScale: 1),
        Case(width: 256, height: 256, limit: nil), Case(width: 256, height: 256, limit: 150),
        Case(width: 512, height: 768, limit: 400), Case(width: 768, height: 768, limit: 400),
        Case(width: 768, height: 768, limit: 400, vaeTiling: true), Case(width: 1024, height: 1024, limit: 600),
    ]

    func run() throws {
        print(
            "Peak resident memory of two steps, in MB; left: anonymous memory after the first and the last of \(rounds)"
        )
        print(row("size", "limit", "planned", "measured", "ratio", "step", "decode", "left"))
        for each in Self.cases {
            do {
                print(try measure(each))
            } catch ModelError.notEnoughMemory(_, let needed) {
                print(row(name(each), limit(each), "needs \(needed / 1_000_000)"))
            }
        }
    }

    private func measure(_ each: Case) throws -> String {
        var options = GenerationOptions(prompt: "an astronaut riding a horse on mars")
        (options.width, options.height, options.steps) = (each.width, each.height, 2)
        (options.guidanceScale, options.vaeTiling) = (each.guidanceScale, each.vaeTiling)
        var planned = 0
        var measured = 0
        var left: [Int] = []
        var seconds = (step: Double.infinity, decode: Double.infinity)
        for _ in 0..<rounds {
            let limit = each.limit.map { $0 * 1_000_000 }
            planned = try pipeline.plan(options, memoryLimit: limit).peak
            MemoryUsage.resetPeak()
            let generation = try pipeline.compute.during(.interruptible()) {
                try pipeline.generate(options, memoryLimit: limit)
            }
            measured = max(measured, MemoryUsage.peak)
            left.append(MemoryUsage.now.anonymous)
            seconds.step = min(seconds.step, generation.stepSeconds.min() ?? 0)
            seconds.decode = min(seconds.decode, generation[.decoding]?.seconds ?? 0)
        }
        return row(
            name(each), limit(each), "\(planned / 1_000_000)", "\(measured / 1_000_000)",
            decimal(Double(measured) / Double(planned)), decimal(seconds.step) + " s", decimal(seconds.decode) + " s",
            "\(left[0] / 1_000_000), \(left[left.count - 1] / 1_000_000)")
    }

    private func name(_ each: Case) -> String {
        "\(each.width)×\(each.height)" + (each.guidanceScale > 1 ? "" : " unguided") + (each.vaeTiling ? " tiled" : "")
    }

    private func limit(_ each: Case) -> String { each.limit.map { "\($0)" } ?? "none" }

    private func row(_ columns: String...) -> String {
        columns.enumerated().map { i, column in
            let blanks = String(repeating: " ", count: max(0, (i == 0 ? 18 : 10) - column.count))
            return i == 0 ? column + blanks : blanks + column
        }.joined()
    }
}
