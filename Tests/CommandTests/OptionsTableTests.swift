import Foundation
import SDLite
import TestFiles
import Testing

/// README's table of the options of `sd-lite generate`: every one of them does what it is there for.
struct OptionsTableTests {
    private enum Effect {
        case samePicture, otherPicture
        case writes([String])
        case onStderr(String)
        case onStdout(String)
    }

    /// Per option: what it is compared with besides a prompt and a seed, how it is given, and what that does.
    private static let cases: [String: (with: [String], given: [String], effect: Effect)] = [
        "--model": ([], ["--model", "MODEL"], .samePicture),
        "--output": ([], ["--output", "FOLDER/named.png"], .writes(["named.png"])),
        "--negative-prompt": ([], ["--negative-prompt", "a dog"], .otherPicture),
        "--steps": ([], ["--steps", "3"], .otherPicture),
        "--guidance-scale": ([], ["--guidance-scale", "3"], .otherPicture),
        "--guidance-rescale": ([], ["--guidance-rescale", "0.7"], .otherPicture),
        "--reuse": ([], ["--reuse"], .otherPicture),
        "--timestep-spacing": ([], ["--timestep-spacing", "trailing"], .otherPicture),
        "--no-safety-checker": ([], ["--no-safety-checker"], .samePicture),
        "--seed": ([], ["--seed", "8"], .otherPicture),
        "--generator": ([], ["--generator", "cuda"], .otherPicture),
        "--scheduler": ([], ["--scheduler", "ddim"], .otherPicture),
        "--sigmas": (["--scheduler", "euler"], ["--sigmas", "karras"], .otherPicture),
        "--fast": ([], ["--fast"], .otherPicture),
        "--eta": (["--scheduler", "ddim"], ["--eta", "1"], .otherPicture),
        "--width": ([], ["--width", "72"], .otherPicture),
        "--height": ([], ["--height", "56"], .otherPicture),
        "--count": ([], ["--count", "2"], .writes(["p-1.png", "p-2.png"])),
        "--grid": (["--count", "2"], ["--grid"], .writes(["p-1.png", "p-2.png", "p-grid.png"])),
        "--latents-in": ([], ["--latents-in", "FOLDER/noise.npy"], .samePicture),
        "--latents-out": ([], ["--latents-out", "FOLDER/out.npy"], .writes(["out.npy", "p.png"])),
        "--lora": ([], ["--lora", "KOHYA:0.5"], .otherPicture),
        "--decoder": (["--model", "TINYVAE"], ["--decoder", "taesd"], .otherPicture),
        "--preview": ([], ["--preview", "FOLDER/so-far.png"], .writes(["p.png", "so-far.png"])),
        "--preview-every": (
            ["--preview", "FOLDER/so-far.png"], ["--preview-every", "5"], .writes(["p.png"])
        ),
        "--vae-tiling": (["--width", "128"], ["--vae-tiling"], .otherPicture),
        "--threads": ([], ["--threads", "3"], .samePicture),
        "--memory-limit": ([], ["--memory-limit", "200MiB"], .samePicture),
        "--verbose": ([], ["--verbose"], .onStderr("peak memory")),
        "--quiet": ([], ["--quiet"], .onStderr("")),
        "--json": ([], ["--json"], .onStdout(#""seed":7"#)),
    ]

    /// The long names in the first column of the table.
    private static func documented() throws -> [String] {
        let readme = try String(
            contentsOfFile: Fixtures.path("../../README.md"), encoding: .utf8
        ).split(separator: "\n")
        let start = try #require(readme.firstIndex { $0.hasPrefix("`sd-lite generate \"PROMPT\"` takes") })
        let rows = readme[start...].dropFirst().prefix { $0.hasPrefix("|") }.filter { $0.hasPrefix("| `") }
        return rows.flatMap { row in
            row.split(separator: " | ")[0].split { !$0.isLetter && $0 != "-" }.map(String.init)
                .filter { $0.hasPrefix("--") }
        }
    }

    @Test func everyRowIsTried() throws {
        let documented = try Self.documented()
        #expect(documented.count == Set(documented).count)
        #expect(Set(documented).subtracting(Self.cases.keys) == [])
    }

    @Test(arguments: OptionsTableTests.cases.keys.sorted())
    func itDoesSomething(option: String) throws {
        let (with, given, effect) = try #require(Self.cases[option])
        let folder = try TemporaryFolder()
        var generator = NoiseGenerator(seed: 7)
        try Npy.write(shape: [1, 4, 8, 8], values: generator.normal(256), to: folder.path("noise.npy"))
        let model = try TinyModel.path()
        func paint(_ more: [String]) throws -> (outcome: Program.Outcome, written: Set<String>, picture: [UInt8]?) {
            let before = Set(folder.names())
            let more = try more.map { word in
                word == "TINYVAE"
                    ? try TinyModel.withTinyVAE(.int8)
                    : word.replacing("MODEL", with: model).replacing("FOLDER", with: folder.root)
                        .replacing("KOHYA", with: Fixtures.path("loras/kohya.safetensors"))
            }
            let outcome = try Program.run(
                "sd-lite",
                ["generate", "a cat", "--steps", "2", "--seed", "7", "-o", folder.path("p.png")] + more,
                environment: ["SDLITE_MODEL": model])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let written = Set(folder.names()).subtracting(before)
            let picture = try? folder.read("p.png")
            for name in written { folder.remove(name) }
            return (outcome, written, picture)
        }
        let (plain, found) = (try paint(with), try paint(with + given))
        switch effect {
        case .samePicture: #expect(found.picture != nil && found.picture == plain.picture)
        case .otherPicture: #expect(found.picture != nil && found.picture != plain.picture)
        case .writes(let names): #expect(found.written == Set(names) && plain.written != found.written)
        case .onStderr(""): #expect(found.outcome.errors == "" && plain.outcome.errors != "")
        case .onStderr(let words):
            #expect(found.outcome.errors.contains(words) && !plain.outcome.errors.contains(words))
        case .onStdout(let words):
            #expect(found.outcome.output.contains(words) && !plain.outcome.output.contains(words))
        }
    }
}
