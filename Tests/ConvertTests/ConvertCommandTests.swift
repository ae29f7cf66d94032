import Quant
import TestFiles
import Testing

@testable import convert

/// The program itself, as a process.
@Suite struct ConvertCommandTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TinyCheckpoint().write(to: folder)
    }

    func run(_ arguments: [String], after preparation: String? = nil) throws -> Program.Outcome {
        try Program.run("sd-lite-convert", arguments, after: preparation)
    }

    @Test func convertsAndReports() throws {
        let result = try run([folder.path("checkpoint"), "-o", folder.path("model.sdq"), "--block", "32"])
        #expect(result.status == 0)
        #expect(result.errors.hasPrefix("converting") && result.errors.filter { $0 == "\n" }.count == 1)
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").first }
        #expect(rows.prefix(5) == ["component", "text_encoder", "unet", "vae", "file"])
        #expect(!result.output.contains("error:"), "reads like a failure")
        try WeightFile(path: folder.path("model.sdq")).verify()
    }

    @Test func leavingTheSafetyCheckerOutIsSaid() throws {
        try TinyCheckpoint(safetyChecker: true).write(to: folder)
        let arguments = [folder.path("checkpoint"), "-o", folder.path("model.sdq")]
        let whole = try run(arguments)
        #expect(whole.status == 0 && !whole.errors.contains("note:") && whole.output.contains("\nsafety_checker "))
        let part = try run(arguments + ["--no-safety-checker"])
        #expect(part.status == 0)
        #expect(
            part.errors.hasPrefix("note: safety_checker, feature_extractor will not be part of the model file\n"))
        #expect(!part.output.contains("safety_checker"))
    }

    @Test func recommendationsAreKnownByName() throws {
        let arguments = [folder.path("checkpoint"), "-o", folder.path("model.sdq")]
        func recommended() throws -> String? {
            let file = try WeightFile(path: folder.path("model.sdq"))
            guard file.hasDocument("recommended.json") else { return nil }
            return String(decoding: try file.document("recommended.json"), as: UTF8.self)
        }
        #expect(try run(arguments).status == 0)
        #expect(try recommended() == nil)
        var result = try run(arguments + ["--repository", "stabilityai/SD_Turbo"])
        #expect(result.status == 0)
        #expect(
            result.errors.hasPrefix(
                "note: this model is known to want 1 step, no guidance; by default it gets 1 step, no guidance\n"))
        #expect(try recommended() == #"{"_default_guidance_scale":0,"_default_steps":1}"#)
        result = try run(arguments + ["--repository", "IDKiro/sdxs-512-0.9", "--default-steps", "2"])
        #expect(result.errors.contains("by default it gets 2 steps, no guidance"))
        #expect(try recommended() == #"{"_default_guidance_scale":0,"_default_steps":2}"#)
        let wrong = [("steps", "0"), ("guidance-scale", "101"), ("guidance-scale", "nan"), ("scheduler", "a\nb")]
        for (option, value) in wrong {
            let result = try run(arguments + ["--default-\(option)=\(value)"])
            #expect(result.status == 2 && result.errors.contains("_default_"), "\(option) \(value)")
        }
    }

    @Test func quietIsSilent() throws {
        let result = try run([folder.path("checkpoint"), "-o", folder.path("model.sdq"), "--quiet"])
        #expect(result.status == 0)
        #expect(result.errors == "" && result.output == "")
    }

    @Test func singleFiles() throws {
        let names = try SingleFileNames.fixture("tiny1")
        let stored = names.stored(try names.checkpoint())
        let model = try folder.write("tiny.safetensors", TinyCheckpoint.bytes(stored))
        let vae = try folder.write(
            "vae.safetensors", TinyCheckpoint.bytes(stored.filter { $0.name.hasPrefix("first") }))
        let output = folder.path("model.sdq")
        var result = try run([model, "-o", output, "--prediction", "v", "--vae", vae])
        #expect(result.status == 0)
        #expect(result.errors.hasPrefix("note: this is Stable Diffusion 1; it predicts v: --prediction says so\n"))
        try WeightFile(path: output).verify()

        result = try run([model, "-o", output, "--quiet"])
        #expect(result.status == 0 && result.errors == "" && result.output == "")
        result = try run([model, "-o", output, "--ema"])
        #expect(result.status == 1)
        #expect(
            result.errors.hasPrefix("error: \(model): --ema: no tensor's name"))
        #expect(try run([model, "-o", output, "--prediction", "x"]).status == 2)
    }

    @Test func wrongUsageIsStatusTwo() throws {
        let input = folder.path("checkpoint")
        let output = folder.path("model.sdq")
        for arguments in [[], [input], ["-o", output], [input, "-o", output, "--weights", "int4"]] {
            #expect(try run(arguments).status == 2)
        }
        for block in ["0", "-16", "63", "many", "1000000"] {
            let result = try run([input, "-o", output, "--block=\(block)"])
            #expect(result.status == 2)
            #expect(result.errors.hasPrefix("Error: "))
        }
        #expect(folder.names() == ["checkpoint"])
        let help = try run(["--help"])
        #expect(help.status == 0 && help.output.contains("USAGE: sd-lite-convert"))
    }

    @Test func errorsAreStatusOneAndOneLine() throws {
        let result = try run([folder.path("absent"), "-o", folder.path("model.sdq")])
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("error: \(folder.path("absent")): neither a diffusers folder"))
        #expect(result.errors.filter { $0 == "\n" }.count == 1)
    }

    /// A limit on the size of files stands in for a full disk: 8 blocks of 512 bytes.
    @Test func aFullDiskLeavesNothing() throws {
        let result = try run(
            [folder.path("checkpoint"), "-o", folder.path("model.sdq")], after: "ulimit -f 8")
        #expect(result.status == 1)
        #expect(result.errors == "error: \(folder.path("model.sdq")): cannot be written: File too large\n")
        #expect(folder.names() == ["checkpoint"])
    }
}
