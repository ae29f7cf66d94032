import Foundation
import Quant
import TestFiles
import Testing

struct InspectTests {
    private func inspect(_ arguments: [String]) throws -> Program.Outcome {
        try Program.run("sd-lite", ["inspect"] + arguments)
    }

    @Test func showsArchitectureAndSizes() throws {
        let outcome = try inspect([TinyModel.path()])
        #expect(outcome.status == 0)
        for words in [
            "text_encoder: 2 layers, 16 channels, 2 heads",
            "unet: channels [16, 24, 32], 2 layers a block, context 16, trained on 8×8 latents",
            "vae: channels [8, 8, 16, 16], 4 latent channels, scaling 0.18215", "scheduler: PNDMScheduler, predicts ",
            "int8-panels", "documents:",
        ] {
            #expect(outcome.output.contains(words), "\(words)")
        }
        #expect(!outcome.output.contains("unet.conv_in.weight") && !outcome.output.contains("safety_checker"))
        #expect(!outcome.output.contains("defaults:") && !outcome.output.contains("told guidance"))
        let checked = try inspect([TinyModel.checkedPath(.int8)]).output
        #expect(checked.contains("safety_checker: 2 layers, 32 channels, 4 heads, looks at 56×56 pixels"))
        #expect(checked.contains("safety_checker: 44 tensors, ") && checked.contains("  f32: 4 tensors, "))
        #expect(try inspect([TinyModel.path(), "--tensors"]).output.contains("unet.conv_in.weight [16, 4, 3, 3]"))
    }

    @Test func showsWhatFewStepModelsWant() throws {
        let folder = try TemporaryFolder()
        let lcm = try TinyModel.copyFewStep("lcm", over: .sd1, to: folder)
        var output = try inspect([TinyModel.convert(lcm, .fp16, to: folder.path("lcm.sdq"))]).output
        #expect(
            output.contains("unet: channels [16, 24], [2, 1] layers a block, context 16, told guidance, trained on 8×8")
        )
        #expect(output.contains("defaults: 4 steps, guidance scale 8.5, scheduler lcm\n"))
        let small = try TinyModel.copyFewStep("small", over: .sd1, to: folder)
        output = try inspect([TinyModel.convert(small, .fp16, to: folder.path("small.sdq"))]).output
        #expect(output.contains("1 layers a block, context 16, no mid block, trained"))
    }

    @Test func refusesAnotherArchitecture() throws {
        let folder = try TemporaryFolder()
        let document = (name: "unet/config.json", contents: Array(#"{"_class_name":"FluxTransformer2DModel"}"#.utf8))
        _ = try WeightFileWriter(
            path: folder.path("flux.sdq"), converter: "test", documents: [document], tensors: []
        ).finish()
        let outcome = try inspect([folder.path("flux.sdq")])
        #expect(outcome.status == 1)
        #expect(
            outcome.errors == "error: \(folder.path("flux.sdq")): unet/config.json: _class_name is "
                + "'FluxTransformer2DModel', expected 'UNet2DConditionModel', as in Stable Diffusion 1 and 2\n")
    }

    @Test func jsonIsTheHeader() throws {
        let outcome = try inspect([TinyModel.path(), "--json", "--verify"])
        #expect(outcome.status == 0)
        let header = try JSONDecoder().decode(Header.self, from: Data(outcome.output.utf8))
        #expect(try header == WeightFile(path: TinyModel.path()).header)
    }

    @Test func verifyFindsAChangedByte() throws {
        let folder = try TemporaryFolder()
        #expect(try inspect([TinyModel.path(), "--verify"]).status == 0)
        var bytes = try Array(Data(contentsOf: URL(filePath: TinyModel.path())))
        bytes[bytes.count - 100] ^= 1
        let changed = try folder.write("changed.sdq", bytes)
        #expect(try inspect([changed]).status == 0)
        let outcome = try inspect([changed, "--verify"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(changed) && outcome.errors.contains("checksum"))
    }

    @Test func helpVersionAndWrongUsage() throws {
        for arguments in [["--help"], ["generate", "--help"], ["help", "inspect"], ["--version"]] {
            let outcome = try Program.run("sd-lite", arguments)
            #expect(outcome.status == 0 && outcome.errors == "" && !outcome.output.isEmpty, "\(arguments)")
        }
        let version = try Program.run("sd-lite", ["--version"]).output
        #expect(version.hasPrefix("sd-lite ") && version.hasSuffix(" kernels\n"), "\(version)")
        #expect(try Program.run("sd-lite-convert", ["--version"]).output.hasPrefix("sd-lite-convert "))
        for program in ["sd-lite", "sd-lite-convert"] {
            for shell in ["bash", "zsh", "fish"] {
                let script = try Program.run(program, ["--generate-completion-script", shell])
                #expect(script.status == 0 && script.output.contains(program), "\(program), \(shell)")
            }
        }
        for arguments in [["paint"], ["inspect"], ["inspect", "a", "b"]] {
            #expect(try Program.run("sd-lite", arguments).status == 2, "\(arguments)")
        }
        #expect(try inspect(["/none.sdq"]).status == 1)
    }
}
