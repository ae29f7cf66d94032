import Architecture
import ArgumentParser
import Quant

/// How precise the weights in the file are to be.
enum WeightPrecision: String, ExpressibleByArgument, CaseIterable {
    case int8, fp16
}

/// What becomes int8 and what stays fp16, and why.
struct Policy {
    let precision: WeightPrecision
    let block: Int

    func plan(_ tensor: ExpectedTensors.Tensor) -> PlannedTensor {
        let scheme = scheme(tensor)
        return PlannedTensor(
            name: tensor.name, shape: tensor.shape, scheme: scheme, block: scheme == .int8Panels ? block : nil)
    }

    private func scheme(_ tensor: ExpectedTensors.Tensor) -> Scheme {
        if Policy.exact.contains(tensor.name) { return .f32 }
        // Norms and biases: a fraction of a per cent of the bytes, and every value of a channel depends on them.
        if tensor.shape.count == 1 { return .f16 }
        if Policy.tables.contains(tensor.name) { return .f16 }
        if tensor.name.hasPrefix(Component.tinyVAE.tensor("")), tensor.shape[0...1].contains(where: { $0 < 16 }) {
            return .f16Panels
        }
        return precision == .fp16 || Policy.sensitive.contains(tensor.name) ? .f16Panels : .int8Panels
    }

    /// What a picture's score is made from: a threshold decides, to three decimals.
    private static let exact: Set = [
        "safety_checker.special_care_embeds", "safety_checker.special_care_embeds_weights",
        "safety_checker.concept_embeds", "safety_checker.concept_embeds_weights",
    ]

    /// Single rows are taken out of these, which panels would scatter.
    private static let tables: Set = [
        "text_encoder.embeddings.token_embedding.weight", "text_encoder.embeddings.position_embedding.weight",
        "safety_checker.vision_model.embeddings.position_embedding.weight",
    ]

    /// Layers through which everything passes and that cost next to nothing: with few input or output channels, or, as
    /// the time embedding, run once per step, or the safety checker's projection once per picture.
    private static let sensitive: Set = [
        "unet.conv_in.weight", "unet.conv_out.weight", "unet.time_embedding.cond_proj.weight",
        "unet.time_embedding.linear_1.weight", "unet.time_embedding.linear_2.weight", "vae.post_quant_conv.weight",
        "vae.quant_conv.weight", "vae.decoder.conv_in.weight", "vae.decoder.conv_out.weight",
        "vae.encoder.conv_in.weight", "vae.encoder.conv_out.weight",
        "safety_checker.vision_model.embeddings.patch_embedding.weight", "safety_checker.visual_projection.weight",
    ]
}
