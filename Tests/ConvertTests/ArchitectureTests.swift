import FoundationEssentials
import Quant
import TestFiles
import Testing

@testable import Architecture
@testable import convert

/// The tensors that the converter expects, against those that diffusers and transformers make from the same
/// configuration (Tests/Fixtures/make_architectures.py).
@Suite struct ArchitectureTests {
    @Test(arguments: ["v1-4", "v2-1", "linear", "uneven", "lcm", "bk-tiny"]) func namesAndShapesAreThoseOfTheLibraries(
        _ name: String
    ) throws {
        let fixture = try Fixtures.decode(Fixture.self, "architectures/\(name).json")

        var text = ExpectedTensors()
        text.textEncoder(fixture.text_encoder.config)
        compare(text, fixture.text_encoder.tensors, .textEncoder)
        var unet = ExpectedTensors()
        unet.unet(fixture.unet.config)
        compare(unet, fixture.unet.tensors, .unet)
        var vae = ExpectedTensors()
        vae.vae(fixture.vae.config)
        compare(vae, fixture.vae.tensors, .vae)
        #expect((fixture.safety_checker != nil) == (name == "v1-4"))
        guard let part = fixture.safety_checker else { return }
        var checker = ExpectedTensors()
        checker.safetyChecker(part.config)
        compare(checker, part.tensors, .safetyChecker)
    }

    private func compare(_ expected: ExpectedTensors, _ library: [String: [Int]], _ component: Component) {
        let ours = Dictionary(expected.list.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
        #expect(ours.count == expected.list.count, "a name is listed twice")
        let theirs = Dictionary(
            library.compactMap { name, shape in
                NameMap.engineName(name, component: component).map { ($0, shape) }
            }, uniquingKeysWith: { first, _ in first })
        #expect(Set(ours.keys).symmetricDifference(theirs.keys).sorted() == [])
        for (name, shape) in theirs { #expect(ours[name] == shape, "\(name)") }
    }

    @Test func theOrderIsThatOfUse() throws {
        let config = try UNetConfiguration(json: Array(#"{"_class_name":"UNet2DConditionModel"}"#.utf8))
        var expected = ExpectedTensors()
        expected.unet(config)
        let weights = expected.list.map(\.name).filter { $0.hasSuffix(".weight") }
        let landmarks = [
            "unet.conv_in.weight", "unet.time_embedding.linear_1.weight", "unet.down_blocks.0.resnets.0.conv1.weight",
            "unet.down_blocks.0.attentions.0.proj_in.weight", "unet.down_blocks.0.resnets.1.norm1.weight",
            "unet.down_blocks.0.downsamplers.0.conv.weight", "unet.down_blocks.1.resnets.0.conv_shortcut.weight",
            "unet.mid_block.resnets.0.norm1.weight", "unet.mid_block.attentions.0.norm.weight",
            "unet.mid_block.resnets.1.norm1.weight", "unet.up_blocks.0.resnets.0.norm1.weight",
            "unet.up_blocks.3.attentions.2.proj_out.weight", "unet.conv_norm_out.weight", "unet.conv_out.weight",
        ]
        let places = landmarks.map { weights.firstIndex(of: $0) ?? -1 }
        #expect(!places.contains(-1))
        #expect(places == places.sorted())
    }

    struct Fixture: Decodable {
        struct Part<Config: Decodable>: Decodable {
            let config: Config
            let tensors: [String: [Int]]
        }
        let unet: Part<UNetConfiguration>
        let vae: Part<VAEConfiguration>
        let text_encoder: Part<TextEncoderConfiguration>
        let safety_checker: Part<SafetyCheckerConfiguration>?
    }
}

@Suite struct NameMapTests {
    @Test(arguments: [
        ("text_model.encoder.layers.0.mlp.fc1.weight", "text_encoder.encoder.layers.0.mlp.fc1.weight"),
        ("encoder.layers.0.mlp.fc1.weight", "text_encoder.encoder.layers.0.mlp.fc1.weight"),
        ("text_model.embeddings.position_ids", nil), ("embeddings.position_ids", nil),
    ]) func textEncoder(_ stored: String, _ engine: String?) {
        #expect(NameMap.engineName(stored, component: .textEncoder) == engine)
    }

    @Test(arguments: [
        ("decoder.mid_block.attentions.0.query.weight", "vae.decoder.mid_block.attentions.0.to_q.weight"),
        ("encoder.mid_block.attentions.0.key.bias", "vae.encoder.mid_block.attentions.0.to_k.bias"),
        ("decoder.mid_block.attentions.0.value.bias", "vae.decoder.mid_block.attentions.0.to_v.bias"),
        ("decoder.mid_block.attentions.0.proj_attn.weight", "vae.decoder.mid_block.attentions.0.to_out.0.weight"),
        ("decoder.mid_block.attentions.0.to_out.0.weight", "vae.decoder.mid_block.attentions.0.to_out.0.weight"),
        ("decoder.conv_in.weight", "vae.decoder.conv_in.weight"), ("key.weight", "vae.key.weight"),
    ]) func vae(_ stored: String, _ engine: String) {
        #expect(NameMap.engineName(stored, component: .vae) == engine)
    }

    @Test(arguments: [
        ("vision_model.vision_model.pre_layrnorm.bias", "safety_checker.vision_model.pre_layrnorm.bias"),
        ("vision_model.pre_layrnorm.bias", "safety_checker.vision_model.pre_layrnorm.bias"),
        ("visual_projection.weight", "safety_checker.visual_projection.weight"),
        ("concept_embeds", "safety_checker.concept_embeds"),
        ("vision_model.vision_model.embeddings.position_ids", nil), ("vision_model.embeddings.position_ids", nil),
    ]) func safetyChecker(_ stored: String, _ engine: String?) {
        #expect(NameMap.engineName(stored, component: .safetyChecker) == engine)
    }

    @Test func onlyTheAutoencodersAttentionIsSqueezed() {
        let name = "vae.decoder.mid_block.attentions.0.to_q.weight"
        #expect(NameMap.engineShape([8, 8, 1, 1], of: name) == [8, 8])
        #expect(NameMap.engineShape([8, 8, 3, 3], of: name) == [8, 8, 3, 3])
        #expect(NameMap.engineShape([8, 8], of: name) == [8, 8])
        #expect(NameMap.engineShape([8, 8, 1, 1], of: "unet.a.attentions.0.proj_in.weight") == [8, 8, 1, 1])
    }
}
