import Foundation
import TestFiles
import Testing

/// Models that go by a name.
struct ModelsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String], with variables: [String: String] = [:]) throws -> Program.Outcome {
        let environment = ["SDLITE_MODELS": folder.path("models"), "SDLITE_MODEL": ""]
        return try Program.run("sd-lite", arguments, environment: environment.merging(variables) { $1 })
    }

    private func plan(_ arguments: [String] = [], with variables: [String: String] = [:]) throws -> Program.Outcome {
        try run(["plan"] + arguments, with: variables)
    }

    private func add(_ name: String) throws {
        try folder.write("models/\(name).sdq", Array(Data(contentsOf: URL(filePath: TinyModel.path()))))
    }

    @Test func listing() throws {
        let empty = try run(["models"])
        #expect(empty.status == 0 && empty.output == "")
        #expect(empty.errors.hasPrefix("no models in \(folder.path("models")); sd-lite pull "), "\(empty.errors)")
        #expect(try run(["models", "--json"]).output == "[]\n")
        try add("mine")
        try add("tiny/pipeline")
        try folder.write("models/broken\u{1b}.sdq", "not a model")
        try folder.write("models/.downloads/hidden.sdq", "")
        let lines = try run(["models"]).output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4 && lines[0].hasPrefix("NAME "))
        #expect(lines[1].hasPrefix("broken? ") && lines[1].contains("not usable: "), "\(lines)")
        #expect(lines[2].hasPrefix("mine ") && lines[2].contains(" MB  miniature, 64×64, int8  "), "\(lines)")
        #expect(lines[3].hasPrefix("tiny/pipeline ") && lines[3].hasSuffix(folder.path("models/tiny/pipeline.sdq")))
        let json = try run(["models", "--json"]).output
        let models = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(models.map { $0["name"] as? String } == ["broken\u{1b}", "mine", "tiny/pipeline"])
        #expect(models[1]["bytes"] as? Int == (try folder.read("models/mine.sdq").count))
        #expect(models[1]["file"] as? String == folder.path("models/mine.sdq"))
    }

    @Test func whereTheFolderIs() throws {
        let none = ["SDLITE_MODELS": "", "XDG_DATA_HOME": "", "HOME": "/h"]
        let cases = [
            ([:], "/h/.local/share/sd-lite/models"), (["XDG_DATA_HOME": "/d"], "/d/sd-lite/models"),
            (["XDG_DATA_HOME": "relative"], "/h/.local/share/sd-lite/models"),
            (["XDG_DATA_HOME": "/d", "SDLITE_MODELS": "/m"], "/m"),
        ]
        for (variables, path) in cases {
            let outcome = try run(["models"], with: none.merging(variables) { $1 })
            #expect(outcome.errors.hasPrefix("no models in \(path);"), "\(outcome.errors)")
        }
        let outcome = try run(["models"], with: none.merging(["HOME": ""]) { $1 })
        #expect(outcome.status == 1 && outcome.errors.contains("SDLITE_MODELS must name it"), "\(outcome.errors)")
    }

    @Test func byName() throws {
        try add("tiny/pipeline")
        try add("other/model")
        try add("tiny/model")
        try add("own")
        for name in ["tiny/pipeline", "pipeline", "pipeline.sdq", "own", "other/model", folder.path("models/own.sdq")] {
            let outcome = try plan(["--model", name])
            #expect(outcome.status == 0 && outcome.errors == "", "\(name): \(outcome.errors)")
            #expect(try run(["inspect", name]).status == 0)
            #expect(try plan(with: ["SDLITE_MODEL": name]).status == 0)
        }
        let two = try plan(["--model", "model"])
        #expect(two.status == 1 && two.errors.contains("say other/model, tiny/model"), "\(two.errors)")
        let unknown = try plan(["--model", "nobody/nothing"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("nobody/nothing: neither a file nor a model in \(folder.path("models"))"))
        // What is given counts, and not the variable.
        #expect(try plan(["--model", "own"], with: ["SDLITE_MODEL": "nothing"]).status == 0)
    }

    @Test func withoutAName() throws {
        let none = try plan()
        #expect(none.status == 1 && none.errors.contains("get one with sd-lite pull"), "\(none.errors)")
        try add("tiny/pipeline")
        let one = try plan()
        #expect(one.status == 0)
        #expect(one.errors == "using tiny/pipeline, the only model in \(folder.path("models"))\n")
        try add("own")
        let two = try plan()
        #expect(two.status == 1 && two.errors.contains("there are own, tiny/pipeline"), "\(two.errors)")
    }

    @Test func checkpointsNameTheCommandThatConvertsThem() throws {
        let checkpoint = try TinyModel.copyCheckpoint(to: folder)
        let refused = try plan(["--model", checkpoint]).errors
        #expect(
            refused == "error: \(checkpoint) is a checkpoint and no model file yet: make one with sd-lite-convert "
                + "\(checkpoint) -o checkpoint.sdq\n")
        let single = try folder.write("it's v1.5.safetensors", "")
        let quoted = "'" + single.replacing("'", with: #"'\''"#) + "'"
        let errors = try plan(["--model", single]).errors
        #expect(errors.hasSuffix(#"sd-lite-convert \#(quoted) -o 'it'\''s v1.5.sdq'"# + "\n"), "\(errors)")
        #expect(try plan(["--model", folder.root]).errors.contains("is a folder without model_index.json"))
    }
}
