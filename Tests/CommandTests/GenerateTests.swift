import Foundation
import SDLite
import TestFiles
import Testing

/// `sd-lite generate` on the tiny pipeline: 64×64 pictures from 8×8 latents, two steps.
struct GenerateTests {
    private static let hint = "hint: PNDM wants 15 steps or more; --fast paints better in 10\n"
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func generate(_ arguments: [String], output: String = "p.png") throws -> Program.Outcome {
        try Program.run(
            "sd-lite",
            ["generate", "--model", try TinyModel.path(), "--steps", "2", "-o", folder.path(output)] + arguments)
    }

    private func facts(_ outcome: Program.Outcome) throws -> [String: Any] {
        try #require(outcome.output.last == "\n" && outcome.output.filter { $0 == "\n" }.count == 1)
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func theSameSeedGivesTheSamePictureOnAnyNumberOfThreads() throws {
        let first = try generate(["a cat", "--seed", "7", "--threads", "1"])
        #expect(first.status == 0)
        #expect(
            first.errors == "reading the prompt\npainting, 3 steps\ndecoding\n\(Self.hint)")  // PNDM doubles one step.
        #expect(first.output.hasPrefix("\(folder.path("p.png"))\nseed 7, ") && first.output.hasSuffix(" seconds\n"))
        let picture = try folder.read("p.png")
        let defaults = ["--scheduler", "pndm", "--generator", "cpu", "--guidance-scale", "7.5"]
        for arguments in [["--threads", "2"], defaults] {
            #expect(try generate(["a cat", "--seed", "7"] + arguments).status == 0)
            #expect(try folder.read("p.png") == picture, "\(arguments)")
        }
    }

    @Test(arguments: [
        ["--seed", "8"], ["--generator", "cuda"], ["--scheduler", "ddim"], ["--guidance-scale", "1"],
        ["--negative-prompt", "a dog"], ["--steps", "3"], ["--width", "72"], ["--height", "56"],
        ["--scheduler", "ddim", "--eta", "1"], ["--guidance-rescale", "0.7"], ["--timestep-spacing", "trailing"],
    ])
    func everyOptionChangesThePicture(arguments: [String]) throws {
        #expect(try generate(["a cat", "--seed", "7"], output: "plain.png").status == 0)
        let outcome = try generate(["a cat", "--seed", "7"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try folder.read("p.png") != folder.read("plain.png"))
    }

    /// A scheduler that is not there, and one step with another.
    @Test func aModelWithAnUnknownScheduler() throws {
        let checkpoint = try TinyModel.copyCheckpoint(.sd2, to: folder)
        try folder.write(
            "checkpoint-sd2/scheduler/scheduler_config.json",
            #"{"_class_name": "DEISMultistepScheduler", "timestep_spacing": "trailing", "steps_offset": 1}"#)
        let model = try TinyModel.convert(checkpoint, .fp16, to: folder.path("turbo.sdq"))
        func paint(_ arguments: [String]) throws -> Program.Outcome {
            try generate(["a cat", "--model", model, "--quiet", "--steps", "1", "--guidance-scale", "0"] + arguments)
        }
        #expect(
            try paint([]).errors == "error: scheduler_config.json names \"DEISMultistepScheduler\", which this program "
                + "does not have: choose a scheduler, \(SchedulerKind.names) (--scheduler)\n")
        let outcome = try paint(["--scheduler", "ddim", "--timestep-spacing", "trailing"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Program.run("sd-lite", ["plan", "--model", model]).status == 0)
    }

    @Test func fastStepsAreThoseOfTheTableUnlessGiven() throws {
        func paint(_ arguments: [String]) throws -> Program.Outcome {
            let outcome = try Program.run(
                "sd-lite",
                ["generate", "a cat", "--seed", "7", "--model", TinyModel.path(), "-o", folder.path("p.png")]
                    + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome
        }
        #expect(try paint(["--fast"]).errors.contains("painting, 10 steps"))
        let text = String(decoding: try folder.read("p.png"), as: UTF8.self)
        #expect(text.contains("Steps: 10, Sampler: UniPC, Schedule type: Karras, CFG scale"))
        #expect(try paint(["--fast", "--steps", "3"]).errors.contains("painting, 3 steps"))
        // The hint is for PNDM's few steps only.
        #expect(try !paint(["--scheduler", "ddim", "--steps", "3"]).errors.contains("hint"))
        #expect(try !paint(["--steps", "15"]).errors.contains("hint"))
        #expect(try paint(["--steps", "14"]).errors.contains("hint"))
    }

    @Test func noiseLevelsThatASchedulerDoesNotHave() throws {
        let outcome = try generate(["a cat", "--scheduler", "ddim", "--sigmas", "karras"])
        #expect(
            outcome.status == 1 && outcome.errors.hasPrefix("error: DDIM has no choice of noise levels such as karras"))
        #expect(try generate(["a cat", "--scheduler", "Euler a Karras"]).status == 2)
    }

    @Test func aRandomSeedIsReportedAndCanBeReplayed() throws {
        let outcome = try generate(["a cat", "--quiet"])
        #expect(outcome.errors == "")
        let words = outcome.output.split(whereSeparator: \.isWhitespace)
        let place = try #require(words.firstIndex(of: "seed"))
        let picture = try folder.read("p.png")
        #expect(try generate(["a cat", "--seed", String(words[place + 1])]).status == 0)
        #expect(try folder.read("p.png") == picture)
    }

    @Test func severalPicturesAreNumberedAndShareOneStream() throws {
        let outcome = try generate(["a cat", "--seed", "7", "--count", "3", "--grid", "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(folder.names() == ["p-1.png", "p-2.png", "p-3.png", "p-grid.png"])
        let facts = try facts(outcome)
        #expect(facts["files"] as? [String] == folder.names().map { folder.path($0) })
        #expect(facts["seed"] as? Int == 7)
        #expect((facts["step_seconds"] as? [Double])?.count == 3)  // PNDM doubles one of the two steps.
        #expect((facts["peak_memory_bytes"] as? Int ?? 0) > 1 << 20)
        #expect(try folder.read("p-1.png") != folder.read("p-2.png"))
    }

    /// Of these two pictures diffusers makes the first black (Tests/Fixtures/make_safety_checker.py).
    @Test func unsafePicturesAreBlackAndReported() throws {
        func run(_ command: String, _ arguments: [String]) throws -> Program.Outcome {
            let outcome = try Program.run(
                "sd-lite", [command, "--model", TinyModel.checkedPath(.fp16)] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome
        }
        let arguments = [
            "an astronaut riding a horse on mars", "--seed", "5", "--count", "2", "--steps", "10", "-o",
            folder.path("p.png"), "--json",
        ]
        let checked = try run("generate", arguments + ["--quiet"])
        #expect(
            checked.errors == "warning: the safety checker made 1 of 2 pictures black; try another seed or prompt, or "
                + "--no-safety-checker\n")
        let facts = try facts(checked)
        #expect(facts["nsfwContentDetected"] as? [Bool] == [true, false])
        #expect(facts["check_seconds"] as? Double ?? 0 > 0)
        let black = try Image(contentsOf: folder.path("p-1.png"))
        #expect(black.pixels.allSatisfy { $0 == 0 })
        let second = try Image(contentsOf: folder.path("p-2.png"))

        let unchecked = try run("generate", arguments + ["--no-safety-checker"])
        #expect(unchecked.errors == "reading the prompt\npainting, 11 steps\ndecoding, 2 pictures\n\(Self.hint)")
        let other = try self.facts(unchecked)
        #expect(other["nsfwContentDetected"] == nil && other["check_seconds"] == nil)
        #expect(try Image(contentsOf: folder.path("p-1.png")) != black)
        #expect(try Image(contentsOf: folder.path("p-2.png")) == second)

        #expect(try run("plan", []).output.contains("\nchecking "))
        #expect(try !run("plan", ["--no-safety-checker"]).output.contains("checking"))
        #expect(try run("generate", arguments + ["--verbose"]).errors.contains(" s, checking 0."))
    }

    @Test func latentsGoInAndOut() throws {
        var generator = NoiseGenerator(seed: 7)
        try Npy.write(shape: [2, 4, 8, 8], values: generator.normal(512), to: folder.path("noise.npy"))
        // Count and size follow the file.
        let given = try generate(
            ["a cat", "--latents-in", folder.path("noise.npy"), "--latents-out", folder.path("a.npy")])
        #expect(given.status == 0, "\(given.errors)")
        let drawn = try generate(["a cat", "--seed", "7", "--count", "2", "--latents-out", folder.path("b.npy")])
        #expect(drawn.status == 0, "\(drawn.errors)")
        #expect(try folder.read("a.npy") == folder.read("b.npy"))
        #expect(try Npy.read(path: folder.path("a.npy")).shape == [2, 4, 8, 8])
    }

    @Test func whatATooLongPromptLosesIsReported() throws {
        let outcome = try generate([String(repeating: "cat ", count: 75) + "and a dog"])
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("warning") && outcome.errors.hasSuffix("and a dog\n"))
    }

    @Test(arguments: [
        [], ["a cat", "--width", "12"], ["a cat", "--height=-8"], ["a cat", "--width", "0"], ["a cat", "--count", "0"],
        ["a cat", "--steps", "0"], ["a cat", "--steps", "many"], ["a cat", "--scheduler", "magic"],
        ["a cat", "--generator", "tpu"], ["a cat", "--guidance-scale", "nan"], ["a cat", "--seed=-2"],
        ["a cat", "--threads", "0"], ["a cat", "-o", "picture.jpg"], ["a cat", "--unknown"], ["a", "cat"],
        ["a cat", "--latents-out", "picture.png"], ["a cat", "--memory-limit", "0"],
        ["a cat", "--guidance-rescale", "2"], ["a cat", "--timestep-spacing", "odd"],
    ])
    func wrongUsageIsStatusTwo(arguments: [String]) throws {
        let outcome = try generate(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("Error: "))
        #expect(outcome.output == "")
        #expect(folder.names() == [])
    }

    @Test func badFilesAreStatusOneAndOneLine() throws {
        let cut = try folder.write("cut.sdq", Array(Data(contentsOf: URL(filePath: TinyModel.path())).dropLast(100)))
        let text = try folder.write("text.npy", "no array")
        try Npy.write(shape: [1, 3, 8, 8], values: [Float](repeating: 0, count: 192), to: folder.path("three.npy"))
        try Npy.write(shape: [4, 8, 8], values: [Float](repeating: 0, count: 256), to: folder.path("flat.npy"))
        let before = folder.names()
        let cases: [([String], String)] = [
            (["--model", folder.path("none.sdq")], folder.path("none.sdq")),
            (["--model", cut], cut),
            (["--model", folder.root], folder.root),
            (["--latents-in", folder.path("none.npy")], folder.path("none.npy")),
            (["--latents-in", text], text),
            (["--latents-in", folder.path("three.npy")], "[1, 3, 8, 8]"),
            (["--latents-in", folder.path("flat.npy")], "[4, 8, 8]"),
            (["--steps", "100000"], "--steps"),
            (["--memory-limit", "1M"], "--memory-limit "),
            (["--width", "8192", "--height", "8192"], "--width times --height"),
        ]
        for (arguments, named) in cases {
            let outcome = try generate(["a cat"] + arguments)
            #expect(outcome.status == 1, "\(arguments)")
            #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(named), "\(outcome.errors)")
            #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
            #expect(outcome.output == "")
        }
        #expect(folder.names() == before)
    }

    /// Found out before anything is painted: there is not one line of progress.
    @Test func whatCannotBeWrittenIsFoundOutFirst() throws {
        for name in ["folder.png", "p-2.png", "p-grid.png", "folder.npy"] { mkdir(folder.path(name), 0o755) }
        try folder.write("file", "")
        let long = folder.path(String(repeating: "n", count: 251) + ".png")
        let cases: [([String], String, String)] = [
            (["-o", folder.path("missing/p.png")], folder.path("missing/p.png"), "its folder does not exist"),
            (["-o", folder.path("file/p.png")], folder.path("file/p.png"), "Not a directory"),
            (["-o", folder.path("folder.png")], folder.path("folder.png"), "not a regular file"),
            (["-o", "/proc/p.png"], "/proc/p.png", "cannot be written"),
            (["-o", long], long, "File name too long"),
            (["--count", "2"], folder.path("p-2.png"), "not a regular file"),
            (["--count", "3", "--grid", "-o", folder.path("p.png")], folder.path("p-2.png"), "not a regular file"),
            (["--latents-out", folder.path("missing/l.npy")], folder.path("missing/l.npy"), "does not exist"),
            (["--latents-out", folder.path("folder.npy")], folder.path("folder.npy"), "not a regular file"),
        ]
        let before = folder.names()
        for (arguments, file, reason) in cases {
            let outcome = try generate(["a cat"] + arguments)
            #expect(outcome.status == 1, "\(arguments)")
            #expect(
                outcome.errors.hasPrefix("error: \(file): ") && outcome.errors.contains(reason), "\(outcome.errors)")
            #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
        }
        rmdir(folder.path("p-2.png"))
        let grid = try generate(["a cat", "--count", "2", "--grid"])
        #expect(grid.errors == "error: \(folder.path("p-grid.png")): not a regular file\n")
        #expect(folder.names() == before.filter { $0 != "p-2.png" })
    }

    /// Root may write anything, so that this needs someone else.
    @Test(.enabled(if: geteuid() != 0)) func aProtectedFileStays() throws {
        try folder.write("p.png", "mine")
        chmod(folder.path("p.png"), 0o444)
        #expect(
            try generate(["a cat"]).errors == "error: \(folder.path("p.png")): cannot be written: Permission denied\n")
    }

    @Test func withoutANameNothingIsOverwritten() throws {
        let model = try TinyModel.path()
        func paint(_ arguments: [String]) throws {
            let outcome = try Program.run(
                "sd-lite", ["generate", "a cat", "--model", model, "--steps", "1"] + arguments, in: folder.root)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        try paint(["--seed", "1"])
        let first = try folder.read("picture.png")
        try paint(["--seed", "2"])
        #expect(folder.names() == ["picture-2.png", "picture.png"])
        // picture-2.png is taken.
        try paint(["--count", "2", "--grid"])
        let together = ["picture-2-1.png", "picture-2-2.png", "picture-2-grid.png"]
        #expect(folder.names() == together + ["picture-2.png", "picture.png"])
        try paint(["--seed", "3"])
        #expect(folder.names() == together + ["picture-2.png", "picture-3.png", "picture.png"])
        #expect(try folder.read("picture.png") == first)
        try paint(["--seed", "2", "-o", "picture.png"])
        #expect(try folder.read("picture.png") == folder.read("picture-2.png"))
    }

    @Test func verboseSaysWhereTimeAndMemoryWent() throws {
        let outcome = try generate(["a cat", "--verbose", "--quiet"])
        for words in ["activations", "3 steps of ", "peak memory"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        #expect(!outcome.output.contains("memory"))
    }

    @Test func interruptingStopsAndLeavesNothing() throws {
        let process = Program.process(
            "sd-lite",
            [
                "generate", "a cat", "--model", try TinyModel.path(), "--steps", "900", "--width", "512",
                "--height", "512", "-o", folder.path("p.png"),
            ])
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        // Not before the program listens: the fifth mask in /proc says which signals it has handlers for.
        while process.isRunning, !Self.catchesInterrupts(process.processIdentifier) { usleep(10_000) }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 130)
        let lines = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(lines.hasSuffix("interrupted\n") && !lines.contains("error"), "\(lines)")
        #expect(folder.names() == [])
    }

    private static func catchesInterrupts(_ id: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let mask = UInt64(line.dropFirst("SigCgt:".count).trimmingCharacters(in: .whitespaces), radix: 16)
        else { return false }
        return mask >> (SIGINT - 1) & 1 == 1
    }
}
