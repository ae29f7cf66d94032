import Foundation
import TestFiles
import Testing

/// `sd-lite pull` from a hub in miniature, which misbehaves as asked.
struct PullTests {
    private static let commit = "0123456789abcdef0123456789abcdef01234567"
    private static let big = "unet/diffusion_pytorch_model.safetensors"

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func environment(_ behaviour: String, token: String = "") throws -> [String: String] {
        [
            "HF_ENDPOINT": try TestHub.endpoint(behaviour), "HF_TOKEN": token, "HUGGING_FACE_HUB_TOKEN": "",
            "HF_HOME": folder.path("hf"), "SDLITE_MODELS": folder.path("models"), "no_proxy": "*",
        ]
    }

    private func pull(
        _ arguments: [String] = ["tiny/pipeline"], from behaviour: String, token: String = "",
        with variables: [String: String] = [:], after preparation: String? = nil
    ) throws -> Program.Outcome {
        try Program.run(
            "sd-lite", ["pull"] + arguments,
            environment: environment(behaviour, token: token).merging(variables) { $1 }, after: preparation)
    }

    /// Every file under the models folder, by its path in there.
    private func models() -> [String] {
        let all = FileManager.default.enumerator(atPath: folder.path("models"))?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.path("models/\(name)"), isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    private func downloads(_ suffix: String = "") -> String {
        ".downloads/tiny--pipeline/\(Self.commit)\(suffix)"
    }

    /// What sd-lite-convert makes of the same checkpoint.
    private func expected() throws -> [UInt8] {
        let own = try TemporaryFolder()
        _ = try TinyModel.convert(TestHub.copyCheckpoint(to: own), .int8, to: own.path("model.sdq"))
        return try own.read("model.sdq")
    }

    @Test func downloadsAndConverts() throws {
        let outcome = try pull(from: "plain")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == folder.path("models/tiny/pipeline.sdq") + "\n")
        let endpoint = try TestHub.endpoint("plain")
        #expect(
            outcome.errors.hasPrefix("tiny/pipeline: licence creativeml-openrail-m, see \(endpoint)/tiny/pipeline\n"))
        #expect(outcome.errors.contains("\ndownloading") && outcome.errors.contains("worst tensor"))
        #expect(models() == ["tiny/pipeline.sdq"])
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    /// By the repository's name, which the converter is told.
    @Test func recommendationsOfKnownModels() throws {
        let outcome = try pull(["stabilityai/sd-turbo", "-q"], from: "plain")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let facts = try Program.run("sd-lite", ["inspect", folder.path("models/stabilityai/sd-turbo.sdq")]).output
        #expect(facts.contains("\ndefaults: 1 step, no guidance\n"))
    }

    @Test func whatIsThereIsNotDoneAgain() throws {
        try folder.write("models/tiny/pipeline.sdq", "mine")
        let outcome = try pull(from: "plain")
        #expect(outcome.status == 0 && outcome.errors.contains("--force"))
        #expect(try folder.read("models/tiny/pipeline.sdq") == Array("mine".utf8))
        #expect(try pull(["tiny/pipeline", "--force", "-q"], from: "plain").status == 0)
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    @Test func optionsOfTheConverter() throws {
        let outcome = try pull(
            ["tiny/pipeline", "--weights", "fp16", "-o", folder.path("m.sdq"), "--quiet", "--", "--block", "32"],
            from: "plain")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "only the licence: \(outcome.errors)")
        #expect(models() == [])
        let tensors = try Program.run("sd-lite", ["inspect", folder.path("m.sdq")]).output
        #expect(tensors.contains("f16-panels") && !tensors.contains("int8-panels"))
        #expect(try pull(["tiny/pipeline", "--force", "--", "--block", "31"], from: "plain").status == 1)
    }

    @Test(arguments: [
        ("plain", [], ""), ("fp16", [], ""), ("fp16", ["--variant", "fp16"], ".fp16"), ("sharded", [], ""),
    ])
    func whatIsFetched(behaviour: String, arguments: [String], suffix: String) throws {
        let outcome = try pull(["tiny/pipeline", "--keep-download"] + arguments, from: behaviour)
        #expect(outcome.status == 0, "\(outcome.errors)")
        var wanted = [
            "README.md", "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
            "text_encoder/model\(suffix).safetensors", "tokenizer/merges.txt", "tokenizer/special_tokens_map.json",
            "tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "unet/config.json",
            "unet/diffusion_pytorch_model\(suffix).safetensors", "vae/config.json",
            "vae/diffusion_pytorch_model\(suffix).safetensors",
        ]
        if behaviour == "sharded" {
            wanted.removeAll { $0 == Self.big }
            wanted.append("unet/diffusion_pytorch_model-00001-of-00001.safetensors")
            wanted.append("unet/diffusion_pytorch_model.safetensors.index.json")
        }
        let files = wanted.map { downloads(suffix) + "/" + $0 } + ["tiny/pipeline.sdq"]
        #expect(models() == files.sorted())
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    @Test func aCutConnectionIsContinued() throws {
        let outcome = try pull(from: "cut")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    /// `rest` refuses to send the file from its beginning; `noranges` sends it from nowhere else.
    @Test(arguments: ["rest", "noranges"]) func anotherRunGoesOn(behaviour: String) throws {
        let first = try pull(from: "half")
        #expect(first.status == 1)
        #expect(first.errors.hasSuffix("running the command again goes on\n"), "\(first.errors)")
        let part = try folder.read("models/\(downloads())/\(Self.big).part")
        let whole = try Data(contentsOf: URL(filePath: Fixtures.path("pipeline/checkpoint/\(Self.big)")))
        #expect(part.count == whole.count / 2 && Array(whole.prefix(part.count)) == part)
        #expect(!models().contains { $0.hasSuffix(Self.big) || $0.hasSuffix(".sdq") })
        let second = try pull(from: behaviour)
        #expect(second.status == 0, "\(second.errors)")
        #expect(models() == ["tiny/pipeline.sdq"])
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    /// One sentence, and nothing under the model's name.
    @Test(arguments: [
        ("dropped", "Empty reply"), ("short", "were announced"), ("long", "has more than"),
        ("endless", "has more than"), ("damaged", "wrong checksum and was removed"), ("loop", "redirect"),
        ("gopher", "not supported or disabled"), ("lost", "vae/config.json: the server answers with status 404"),
        ("down", "status 500"), ("array", "not the answer of a model hub"), ("html", "not the answer"),
        ("deep", "not the answer"), ("huge", "has more than the 16777216 bytes"), ("nosize", "has no size"),
        ("minus", "has no size, or an impossible one"), ("vast", "not the answer"),
        ("badsum", "a checksum that is none"),
        ("commit", "'sha' is no commit"), ("giant", "are to be fetched, and"),
        ("wordy", "has more than the 16777216 bytes"), ("pickled", "only pickled weights"),
        ("files", "single files there: single.safetensors"), ("sdxl", "text_encoder_2"),
        ("inpainting", "in_channels is 9"), ("private", "no such model"),
    ])
    func oneSentence(behaviour: String, words: String) throws {
        let outcome = try pull(from: behaviour)
        #expect(outcome.status == 1)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("error: ") }.count == 1, "\(outcome.errors)")
        #expect(lines.last?.hasPrefix("error: ") == true && lines.last?.contains(words) == true, "\(outcome.errors)")
        #expect(outcome.output == "")
        #expect(!models().contains { $0.hasSuffix(".sdq") || $0.hasSuffix("/" + Self.big) })
        if ["short", "long", "endless", "damaged"].contains(behaviour) {
            #expect(!models().contains { $0.hasSuffix(".part") }, "what is wrong is not continued")
        }
    }

    @Test func wrongNames() throws {
        let cases = [
            (["no/model"], "there is no such model"), (["tiny/pipeline", "--variant", "fp16"], "has no fp16 files"),
            (["model"], "expected OWNER/NAME"), (["../x"], "expected OWNER/NAME"), (["a/b/c"], "expected OWNER/NAME"),
            (["a/b/model.ckpt"], "pickled"), (["https://example.org/x"], "expected OWNER/NAME"),
            (["tiny/pipeline/none.safetensors"], "has no file none.safetensors"),
        ]
        for (arguments, words) in cases {
            let outcome = try pull(arguments, from: "plain")
            #expect(outcome.status == 1 && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").last?.hasPrefix("error: ") == true, "\(outcome.errors)")
        }
        #expect(try pull(["tiny/pipeline", "-o", folder.path("m.png")], from: "plain").status == 2)
        let endpoint = try pull(from: "plain", with: ["HF_ENDPOINT": "ftp://example.org"])
        #expect(endpoint.errors.contains("HF_ENDPOINT is 'ftp://example.org'"), "\(endpoint.errors)")
    }

    @Test func namesFromTheServerStayInside() throws {
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: folder.root))
        let outcome = try pull(["tiny/pipeline", "--keep-download"], from: "names")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!models().contains { $0.contains("evil") || $0.contains("LICENSE") || $0.contains("\u{1b}") })
        #expect(models().count == 14)
        #expect(!outcome.errors.contains("\u{1b}"))
        let after = Set(try FileManager.default.contentsOfDirectory(atPath: folder.root))
        #expect(after.subtracting(before) == ["models"])
        #expect(!FileManager.default.fileExists(atPath: "/tmp/sd-lite-evil.json"))
    }

    @Test func theLicenceIsTold() throws {
        #expect(try pull(from: "card").errors.hasPrefix("tiny/pipeline: licence a?[2J, b, see http"))
        #expect(
            try pull(["tiny/pipeline", "--force"], from: "nocard").errors.hasPrefix(
                "tiny/pipeline: its card names no licence, see http"))
    }

    @Test func gatedModelsWantAToken() throws {
        let endpoint = try TestHub.endpoint("gated")
        let without = try pull(from: "gated").errors
        #expect(without.contains("accept its terms: do so at \(endpoint)/tiny/pipeline"), "\(without)")
        #expect(without.contains("set HF_TOKEN to a token from \(endpoint)/settings/tokens"), "\(without)")
        let outsider = try pull(from: "gated", token: "hf_outsider").errors
        #expect(outsider.contains("the one that was sent does not do"), "\(outsider)")
        #expect(!outsider.contains("hf_outsider"))
        #expect(try pull(from: "gated", token: "hf_member").status == 0)
        #expect(
            try pull(["tiny/private"], from: "private", token: "hf_other").errors.contains(
                "the token that was sent does not open it"))
        let broken = try pull(from: "gated", token: "hf_\nheader = x")
        #expect(
            broken.status == 1
                && broken.errors == "error: HF_TOKEN holds no token: expected one line of letters, "
                    + "digits and punctuation\n",
            "\(broken.errors)")
    }

    @Test func theTokenMayBeInTheFileOfTheHubsOwnTools() throws {
        try folder.write("hf/token", "hf_member\n")
        #expect(try pull(from: "gated").status == 0)
    }

    /// The hub answers otherwise if the token does not reach it, or reaches the host that it redirects to.
    @Test func theTokenGoesToTheHubAlone() throws {
        // A curl that writes down what others could see of it.
        let seen = folder.path("seen")
        try folder.write("bin/curl", "#!/bin/sh\necho \"$@\" >> \(seen)\nPATH=${PATH#*:}\nexec curl \"$@\"\n")
        chmod(folder.path("bin/curl"), 0o755)
        let path = folder.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let outcome = try pull(from: "redirect", token: "hf_member", with: ["PATH": path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let words = String(decoding: try folder.read("seen"), as: UTF8.self)
        #expect(words.contains("--config -") && !words.contains("hf_member"), "\(words)")
        #expect(try pull(["tiny/pipeline", "--force"], from: "redirect").status == 1, "the hub asks for it")
    }

    /// What is no checkpoint is fetched all the same, and kept for another attempt to convert it.
    @Test(arguments: [
        "tiny/pipeline/single.safetensors", "ENDPOINT/tiny/pipeline/blob/main/single.safetensors?x=1",
        "ELSEWHERE/tiny/pipeline/resolve/main/single.safetensors?x=1",
    ])
    func singleFiles(source: String) throws {
        let endpoint = try TestHub.endpoint("plain")
        let address = source.replacing("ENDPOINT", with: endpoint)
            .replacing("ELSEWHERE", with: try TestHub.endpoint("elsewhere"))
        let outcome = try pull([address], from: "plain", token: "hf_member")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("error: not converted; the download is kept as "), "\(outcome.errors)")
        let file = try #require(models().first)
        #expect(models() == [file] && file.hasSuffix("/single.safetensors"), "\(models())")
        #expect(try folder.read("models/\(file)") == Array("not a checkpoint".utf8))
        #expect(outcome.errors.contains("licence") && outcome.errors.contains("/single.safetensors: "))
    }

    /// A limit on the size of files stands in for a full disk: 600 blocks of 512 bytes.
    @Test func aFullDisk() throws {
        let outcome = try pull(from: "plain", after: "ulimit -f 600")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot be written: the disk is full"), "\(outcome.errors)")
        #expect(!models().contains { $0.hasSuffix(".sdq") })
        #expect(try pull(from: "plain").status == 0)
        #expect(try folder.read("models/tiny/pipeline.sdq") == expected())
    }

    @Test func whatItNeedsIsNamed() throws {
        let outcome = try pull(from: "plain", with: ["PATH": folder.root])
        #expect(outcome.status == 1)
        #expect(
            outcome.errors == "error: curl, which sd-lite pull needs, cannot be run: No such file or directory\n",
            "\(outcome.errors)")
        let blocked = try pull(from: "plain", with: ["SDLITE_MODELS": folder.write("file", "")])
        #expect(blocked.status == 1 && blocked.errors.contains("the folder cannot be made"), "\(blocked.errors)")
    }

    @Test func oneAtATime() throws {
        try folder.write("models/.downloads/tiny--pipeline/lock", "")
        let lock = open(folder.path("models/.downloads/tiny--pipeline/lock"), O_RDWR | O_CLOEXEC)
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let outcome = try pull(from: "plain")
        #expect(outcome.status == 1 && outcome.errors.contains("another sd-lite pull is at work"), "\(outcome.errors)")
        close(lock)
        #expect(try pull(from: "plain").status == 0)
    }

    @Test func interruptingKeepsWhatWasFetched() throws {
        let process = Program.process("sd-lite", ["pull", "tiny/pipeline"])
        process.environment = ProcessInfo.processInfo.environment.merging(try environment("slow")) { $1 }
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let part = folder.path("models/\(downloads())/\(Self.big).part")
        while process.isRunning, (try? Data(contentsOf: URL(filePath: part)).isEmpty) ?? true { usleep(10_000) }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        let lines = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(lines.hasSuffix("interrupted\n") && !lines.contains("error"), "\(lines)")
        #expect(try pull(from: "rest").status == 0)
        #expect(models() == ["tiny/pipeline.sdq"])
    }
}
