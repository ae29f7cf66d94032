import Architecture
import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// What int8 weights leave of a LoRA: how far its change of the U-Net's prediction is from that which diffusers computes
/// in float32. Nobody who has the same rounded weights can be exact, since what the change meets behind the layer was
/// rounded; the measure is a float branch without any error beside them. Folded weights are rounded anew, and how far that
/// is from the rounding before does not become less where a LoRA is weaker: these two change the prediction by as much as
/// it is large.
@Suite struct LoRAQuantizationTests {
    private static let names = ["kohya", "peft"]

    /// - Parameter pipeline: computes with the LoRA in `loras`, or else in its weights
    private func error(_ tiny: TinyLoRAs, _ name: String, _ pipeline: Pipeline, _ loras: [LoRA]) throws -> Double {
        let plain = try Pipeline(model: Model(path: TinyModel.path(.int8)))
        let found = zip(try tiny.unet(pipeline, loras), try tiny.unet(plain, [])).map { $0 - $1 }
        let expected = zip(try tiny.expected(name).unet, try tiny.expected("plain").unet).map { $0 - $1 }
        return relativeRMS(found, expected)
    }

    @Test(arguments: LoRAQuantizationTests.names)
    func changeOfThePrediction(_ name: String) throws {
        let tiny = try TinyLoRAs()
        let folder = try TemporaryFolder()
        let given = "\(TinyLoRAs.path(name)):\(try tiny.scale(name))"
        func convert(_ checkpoint: String, _ weights: TinyModel.Weights) throws -> Model {
            let path = folder.path(weights.rawValue + ".sdq")
            return try Model(path: TinyModel.convert(checkpoint, weights, ["--lora", given], to: path))
        }
        let perfect = try Pipeline(
            model: convert(roundedCheckpoint(folder), .fp16), compute: Compute(arithmetic: .float32))
        let int8 = try Pipeline(model: Model(path: TinyModel.path(.int8)))
        let folded = try Pipeline(model: convert(TinyModel.copyCheckpoint(to: folder), .int8))

        let least = try error(tiny, name, perfect, [])
        let beside = try error(tiny, name, int8, [tiny.lora(name, for: int8.model)])
        let before = try error(tiny, name, folded, [])
        print("\(name): perfect \(least), beside \(beside), folded \(before)")
        #expect(least < 0.1)
        #expect(beside < 1.2 * least)
        #expect(before < 1.5 * least)
    }

    /// The tiny checkpoint, whose weights are those that the int8 model stands for.
    private func roundedCheckpoint(_ folder: TemporaryFolder) throws -> String {
        let path = try TinyModel.copyCheckpoint(to: folder, as: "rounded")
        let file = try WeightFile(path: TinyModel.path(.int8))
        for (component, name) in [("text_encoder", "model"), ("unet", "diffusion_pytorch_model")] {
            var builder = SafetensorsBuilder()
            for entry in file.header.tensors where entry.name.hasPrefix(component + ".") {
                let name = String(entry.name.dropFirst(component.count + 1))
                builder.add(name, entry.shape, entry.decode(file.lend(entry).bytes))
            }
            try folder.write("rounded/\(component)/\(name).safetensors", builder.bytes)
        }
        return path
    }
}
