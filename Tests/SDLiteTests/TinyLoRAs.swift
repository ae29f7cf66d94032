import Foundation
import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// LoRAs for the tiny models, and what diffusers computes with them (Tests/Fixtures/make_loras.py).
struct TinyLoRAs {
    private struct Cases: Decodable {
        var prompt: String
        var scales: [String: Float]
    }

    /// What a pipeline computes, in diffusers' order of dimensions.
    struct Values {
        var text: [Float]
        var unet: [Float]
        var latents: [Float]
    }

    private let cases: Cases
    private let expected: SafetensorsFile

    init() throws {
        cases = try Fixtures.decode(Cases.self, "loras/cases.json")
        expected = try SafetensorsFile(path: Fixtures.path("loras/expected.safetensors"))
    }

    static func path(_ name: String) -> String { Fixtures.path("loras/\(name).safetensors") }

    func scale(_ name: String) throws -> Float { try #require(cases.scales[name]) }

    /// In the strength that the fixture has it.
    func lora(_ name: String, for model: Model) throws -> LoRA {
        try LoRA(path: Self.path(name), model: model, scale: scale(name))
    }

    /// What diffusers computed.
    func expected(_ name: String) throws -> Values {
        Values(
            text: try floats("\(name).text"), unet: try floats("\(name).unet"), latents: try floats("\(name).latents"))
    }

    private func floats(_ name: String) throws -> [Float] {
        let entry = try #require(expected.entries[name], "expected.safetensors has no \(name)")
        return try expected.floats(entry, 0..<entry.shape.reduce(1, *))
    }

    /// The same computed here.
    func values(_ pipeline: Pipeline, _ loras: [LoRA]) throws -> Values {
        let text = try pipeline.promptEncoder(["", cases.prompt], loras: loras).hiddenStates
        return Values(
            text: text.values, unet: try unet(pipeline, loras, text),
            latents: try pipeline.generate(options(pipeline, loras)).latents.values)
    }

    /// One evaluation.
    /// - Parameter text: the hidden states; by default with the same LoRAs
    func unet(_ pipeline: Pipeline, _ loras: [LoRA], _ text: Tensor? = nil) throws -> [Float] {
        let text = try text ?? pipeline.promptEncoder(["", cases.prompt], loras: loras).hiddenStates
        let isSD2 = pipeline.model.defaultSize == 72
        let input = try Latents(
            shape: [2, 4, 9, isSD2 ? 9 : 13], values: floats(isSD2 ? "sd2-plain.input" : "plain.input"))
        let conditioning = try pipeline.unet.conditioning(timesteps: [500], encoderHiddenStates: text, loras: loras)
        return try pipeline.unet(input, step: 0, conditioning).values
    }

    /// Six guided steps of DDIM, no picture.
    func options(_ pipeline: Pipeline, _ loras: [LoRA]) throws -> GenerationOptions {
        var options = GenerationOptions(prompt: cases.prompt)
        (options.steps, options.seed, options.guidanceScale) = (6, 42, 2)
        options.scheduler = try pipeline.model.scheduler(.ddim)
        options.loras = loras
        options.output = .latents
        return options
    }
}
