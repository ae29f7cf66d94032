import TestFiles
import Testing

/// Commands as people type them who know other programs.
struct SpellingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String]) throws -> Program.Outcome {
        let environment = ["SDLITE_MODEL": try TinyModel.path(), "SDLITE_MODELS": folder.path("models")]
        return try Program.run("sd-lite", arguments, in: folder.root, environment: environment)
    }

    private func picture(_ arguments: [String]) throws -> [UInt8] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        let outcome = try run(arguments[..<end] + ["-o", "p.png"] + arguments[end...])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        let name = try #require(folder.names().first { $0.hasSuffix(".png") })
        defer { for name in folder.names() where name.hasSuffix(".png") { folder.remove(name) } }
        return try folder.read(name)
    }

    @Test(arguments: [
        (["-n", "a dog"], ["--negative-prompt", "a dog"]),
        (["--negative_prompt=a dog"], ["--negative-prompt", "a dog"]),
        (["-W", "72", "-H", "56"], ["--width", "72", "--height", "56"]), (["-s", "8"], ["--seed", "8"]),
        (["-b", "2"], ["--count", "2"]), (["--batch-count", "2"], ["--count", "2"]),
        (["--num_images_per_prompt", "2"], ["--count", "2"]), (["--num_inference_steps", "3"], ["--steps", "3"]),
        (["--cfg-scale", "3"], ["--guidance-scale", "3"]), (["--cfg_scale=3"], ["--guidance-scale", "3"]),
        (["--sampler", "k_lms"], ["--scheduler", "lms"]), (["--sampling-method", "DDIM"], ["--scheduler", "ddim"]),
        (["--scheduler", "LMSDiscreteScheduler"], ["--scheduler", "lms"]),
        (["--sampler", "Euler a"], ["--scheduler", "euler-a"]), (["--sampler", "UniPC"], ["--scheduler", "unipc"]),
        (["--sampler", "DPM++ 2M Karras"], ["--scheduler", "dpm++-2m", "--sigmas", "karras"]),
        (["--fast"], ["--scheduler", "unipc", "--sigmas", "karras"]),
        (["--fast", "--scheduler", "ddim"], ["--scheduler", "ddim"]),
        (["--scheduler", "PLMS"], ["--scheduler", "pndm"]), (["-t", "1"], ["--threads", "1"]),
    ])
    func otherNames(familiar: [String], own: [String]) throws {
        let common = ["generate", "a cat", "--steps", "2", "--seed", "7"]
        #expect(try picture(common + familiar) == picture(common + own))
    }

    @Test func paintingNeedsNoCommand() throws {
        let settings = ["--steps", "1", "--seed", "7"]
        let expected = try picture(["generate", "a cat"] + settings)
        #expect(try picture(["a cat"] + settings) == expected)
        #expect(try picture(settings + ["a cat"]) == expected)
        #expect(try picture(["-p", "a cat"] + settings) == expected)
        #expect(try picture(settings + ["--prompt=a cat"]) == expected)
        #expect(try picture(settings + ["--", "a cat"]) == expected)
        // Words that are commands, or look like options, are prompts behind -p.
        let plan = try picture(["generate", "plan"] + settings)
        #expect(try picture(["-p", "plan"] + settings) == plan)
        #expect(try picture(["-p", "-n"] + settings) != plan)
    }

    @Test func aWordThatIsNoCommand() throws {
        for arguments in [["genrate"], ["genrate", "a cat"], ["cat", "--steps", "1"]] {
            let outcome = try run(arguments)
            #expect(outcome.status == 2 && outcome.output == "")
            #expect(
                outcome.errors.hasPrefix("Error: '\(arguments[0])' is no command.")
                    && outcome.errors.contains("sd-lite generate \(arguments[0])"), "\(outcome.errors)")
        }
        let outcome = try run(["--stesp", "1", "a cat"])
        #expect(outcome.status == 2 && outcome.errors.contains("--stesp"), "\(outcome.errors)")
        #expect(try run(["generate", "a cat", "-p", "a dog"]).status == 2)
        #expect(folder.names() == [])
    }

    @Test func anySeed() throws {
        for seed in [["--seed", "-1"], ["--seed=-1"], ["-s", "-1"]] {
            let outcome = try run(["a cat", "--steps", "1"] + seed)
            #expect(outcome.status == 0 && !outcome.output.contains("seed -1"), "\(outcome.errors)")
        }
        #expect(try run(["a cat", "--seed", "-2"]).status == 2)
    }

    @Test func helpOfTheWhole() throws {
        let help = try run(["--help"])
        #expect(help.status == 0 && help.errors == "")
        for command in ["generate", "pull", "models", "plan", "inspect", "bench"] {
            #expect(help.output.contains("\n  \(command) "), "\(help.output)")
            #expect(try run([command, "--help"]).output.contains("USAGE: sd-lite \(command)"))
            #expect(try run(["help", command]).status == 0)
        }
        #expect(try run([]).output == help.output)
        // Other programs' names are understood, and not offered.
        let generate = try run(["generate", "--help"]).output
        #expect(!generate.contains("-W") && !generate.contains("--cfg-scale") && !generate.contains("--prompt "))
    }
}
