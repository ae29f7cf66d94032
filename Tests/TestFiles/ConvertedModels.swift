import Foundation

/// Stable Diffusions in miniature with seeded weights (Tests/Fixtures/make_pipeline.py), with the bundled model's
/// tokenizer.
public enum TinyModel {
    public enum Weights: String, Sendable { case int8, fp16 }
    public enum Version { case sd1, sd2 }

    /// The converted model, which tests only read.
    public static func path(_ weights: Weights = .int8) throws -> String {
        switch weights {
        case .int8: try int8.get()
        case .fp16: try fp16.get()
        }
    }

    /// The same of version 2, with fp16 weights.
    public static func sd2() throws -> String { try fp16SD2.get() }
    /// The same with the safety checker of Tests/Fixtures/safety_checker.
    public static func checkedPath(_ weights: Weights) throws -> String {
        switch weights {
        case .int8: try checkedInt8.get()
        case .fp16: try checkedFP16.get()
        }
    }

    /// The same with the tiny autoencoder of Tests/Fixtures/tiny_vae.
    public static func withTinyVAE(_ weights: Weights) throws -> String {
        switch weights {
        case .int8: try tinyVAEInt8.get()
        case .fp16: try tinyVAEFP16.get()
        }
    }

    private static let tinyVAEInt8 = Result { try convertWithTinyVAE(.int8) }
    private static let tinyVAEFP16 = Result { try convertWithTinyVAE(.fp16) }

    private static func convertWithTinyVAE(_ weights: Weights) throws -> String {
        try convert(
            checkpoint.get(), weights, ["--tiny-vae", Fixtures.path("tiny_vae")],
            to: scratch.get().path("tiny-vae-\(weights).sdq"))
    }

    private static let int8 = Result { try convert(checkpoint.get(), .int8, to: scratch.get().path("tiny-int8.sdq")) }
    private static let fp16 = Result { try convert(checkpoint.get(), .fp16, to: scratch.get().path("tiny-fp16.sdq")) }
    private static let fp16SD2 = Result {
        try convert(copyCheckpoint(.sd2, to: scratch.get()), .fp16, to: scratch.get().path("tiny-sd2.sdq"))
    }
    private static let checkpoint = Result { try copyCheckpoint(to: scratch.get()) }
    private static let checkedInt8 = Result {
        try convert(checkedCheckpoint.get(), .int8, to: scratch.get().path("checked-int8.sdq"))
    }
    private static let checkedFP16 = Result {
        try convert(checkedCheckpoint.get(), .fp16, to: scratch.get().path("checked-fp16.sdq"))
    }
    private static let checkedCheckpoint = Result { try copyCheckedCheckpoint(to: scratch.get()) }

    /// A checkpoint of the test's own with a safety checker: `checked/` in the folder.
    public static func copyCheckedCheckpoint(to folder: TemporaryFolder) throws -> String {
        let path = try copyCheckpoint(to: folder, as: "checked")
        for part in ["safety_checker", "feature_extractor"] {
            try FileManager.default.copyItem(
                atPath: Fixtures.path("safety_checker/checkpoint/\(part)"), toPath: "\(path)/\(part)")
        }
        let index = #"""
            {"_class_name": "StableDiffusionPipeline", "feature_extractor": ["transformers", "CLIPFeatureExtractor"],
             "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
            """#
        try folder.write("checked/model_index.json", index)
        return path
    }

    /// A checkpoint of the test's own: `checkpoint/` in the folder, or `checkpoint-sd2/`, or of another name.
    public static func copyCheckpoint(
        _ version: Version = .sd1, to folder: TemporaryFolder, as name: String? = nil
    ) throws -> String {
        let files = FileManager.default
        let path = folder.path(name ?? (version == .sd1 ? "checkpoint" : "checkpoint-sd2"))
        let fixture = version == .sd1 ? "pipeline" : "pipeline-sd2"
        try files.copyItem(atPath: Fixtures.path(fixture + "/checkpoint"), toPath: path)
        try files.copyItem(atPath: BundledModel.checkpoint + "/tokenizer", toPath: path + "/tokenizer")
        if version == .sd2 {
            try files.copyItem(atPath: Fixtures.path("pipeline/checkpoint/vae"), toPath: path + "/vae")
            let map = path + "/tokenizer/special_tokens_map.json"
            try files.removeItem(atPath: map)
            try files.copyItem(atPath: Fixtures.path(fixture + "/special_tokens_map.json"), toPath: map)
        }
        return path
    }

    /// A few-step model in miniature (Tests/Fixtures/make_few_step.py), as a checkpoint of the test's own.
    public static func copyFewStep(
        _ name: String, over version: Version, to folder: TemporaryFolder
    ) throws -> String {
        let path = try copyCheckpoint(version, to: folder, as: name)
        let overlay = Fixtures.path("few-step/" + name)
        for file in try FileManager.default.subpathsOfDirectory(atPath: overlay) where file.contains(".") {
            try FileManager.default.removeItem(atPath: "\(path)/\(file)")
            try FileManager.default.copyItem(atPath: "\(overlay)/\(file)", toPath: "\(path)/\(file)")
        }
        return path
    }

    /// Runs sd-lite-convert, and returns the path of what it made.
    public static func convert(
        _ checkpoint: String, _ weights: Weights, _ options: [String] = [], to model: String
    ) throws -> String {
        let outcome = try Program.run(
            "sd-lite-convert", [checkpoint, "-o", model, "--weights", weights.rawValue] + options)
        guard outcome.status == 0 else { throw ConversionFailure(errors: outcome.errors) }
        return model
    }
}

/// models/emoji with int8 weights.
public enum BundledModel {
    public static let checkpoint = Fixtures.repository.appending(path: "models/emoji").path

    /// The converted model, which tests only read.
    public static func path() throws -> String { try converted.get() }

    private static let converted = Result {
        try TinyModel.convert(checkpoint, .int8, to: scratch.get().path("emoji.sdq"))
    }
}

public struct ConversionFailure: Error {
    let errors: String
}

/// Holds the models that all tests share, until the process ends.
private let scratch: Result<TemporaryFolder, any Error> = Result {
    let folder = try TemporaryFolder()
    atexit { try? FileManager.default.removeItem(atPath: scratch.get().root) }
    return folder
}
