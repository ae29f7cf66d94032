import Foundation
import TestFiles
import Testing

/// `sd-lite bench` and `sd-lite plan` on the tiny pipeline.
struct BenchTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bench(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Outcome {
        try Program.run(
            "sd-lite", ["bench", "--model", TinyModel.path(), "--rounds", "1"] + arguments, environment: environment)
    }

    private func facts(_ outcome: Program.Outcome) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func saysThatOpenBLASIsMissing() throws {
        // Found before the installed one, and no library.
        try folder.write("libopenblas.so.0", "")
        let environment = ["LD_LIBRARY_PATH": folder.root]
        let table = try bench([], environment: environment)
        #expect(table.status == 0, "\(table.errors)")
        #expect(table.output.contains("libopenblas0") && table.output.contains("U-Net"))
        let facts = try facts(bench(["--json"], environment: environment))
        #expect((facts["note"] as? String)?.contains("libopenblas0") == true)
        #expect(facts["sgemm_sustained"] as? [Double] == [])
        #expect(facts["width"] as? Int == 64)
    }

    @Test func sgemmCanBeLeftOut() throws {
        let outcome = try bench(["--no-sgemm"])
        #expect(outcome.status == 0 && !outcome.output.contains("OpenBLAS"))
    }

    @Test(.enabled(if: dlopen("libopenblas.so.0", RTLD_NOW) != nil))
    func theSustainedRateStandsBesideTheBest() throws {
        let facts = try facts(bench(["--json"]))
        let sustained = try #require((facts["sgemm_sustained"] as? [Double])?.first)
        let burst = try #require((facts["sgemm_burst"] as? [Double])?.first)
        #expect(sustained > 0 && burst >= sustained)
        let table = try bench([]).output
        #expect(table.contains("sustained") && table.contains("at best"))
    }

    @Test(arguments: ["generate", "plan", "bench"])
    func everyCommandChecksSizesAndThreads(command: String) throws {
        let model = try TinyModel.path()
        let start = [command] + (command == "generate" ? ["a cat", "-o", folder.path("p.png")] : []) + ["-m", model]
        let wrong = [
            ("--width", "12"), ("--width", "0"), ("--height", "-8"), ("--height", "8200"),
            ("--width", "9223372036854775800"), ("--width", "99999999999999999999"), ("--threads", "0"),
            ("--threads", "1025"), ("--threads", "9223372036854775807"),
        ]
        for (option, value) in wrong {
            let outcome = try Program.run("sd-lite", start + ["\(option)=\(value)"])
            #expect(outcome.status == 2, "\(option) \(value)")
            #expect(outcome.errors.hasPrefix("Error: ") && outcome.errors.contains(option), "\(outcome.errors)")
        }
        let outcome = try Program.run("sd-lite", start + ["--width", "8192", "--height", "8192"])
        #expect(outcome.status == 1)
        #expect(
            outcome.errors
                == "error: 8192×8192 is too large: --width times --height may be 4194304 pixels at most\n")
    }

    @Test func memoryTakesNoOptionsThatItWouldIgnore() throws {
        for option in ["--width=64", "--json", "--groups", "--float32", "--no-sgemm"] {
            #expect(try bench(["--memory", option]).status == 2, "\(option)")
        }
    }

    @Test func planTellsThePeak() throws {
        let outcome = try Program.run("sd-lite", ["plan", "-m", TinyModel.path(), "--width", "128"])
        #expect(outcome.status == 0 && outcome.output.contains("peak "), "\(outcome.errors)")
        let refused = try Program.run("sd-lite", ["plan", "-m", TinyModel.path(), "--memory-limit", "1M"])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("--vae-tiling, or --memory-limit "), "\(refused.errors)")
    }
}
