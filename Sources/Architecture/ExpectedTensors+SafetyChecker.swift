extension ExpectedTensors {
    /// diffusers' `StableDiffusionSafetyChecker` (pipelines/stable_diffusion/safety_checker.py) around transformers'
    /// `CLIPVisionModel`, as it has been called since version 5.
    package mutating func safetyChecker(_ config: SafetyCheckerConfiguration) {
        let (vision, projected) = (config.vision, config.projectionSize)
        let (width, tower) = (vision.hiddenSize, "safety_checker.vision_model")
        parameter(
            tower + ".embeddings.patch_embedding.weight",
            [width, vision.channels, vision.patchSize, vision.patchSize])
        parameter(tower + ".embeddings.class_embedding", [width])
        parameter(tower + ".embeddings.position_embedding.weight", [vision.positions, width])
        norm(tower + ".pre_layrnorm", width)
        clipLayers(tower, vision.layers, width, vision.intermediateSize)
        norm(tower + ".post_layernorm", width)
        linear("safety_checker.visual_projection", width, projected, bias: false)
        for (name, count) in [("special_care_embeds", 3), ("concept_embeds", 17)] {
            parameter("safety_checker.\(name)", [count, projected])
            parameter("safety_checker.\(name)_weights", [count])
        }
    }
}
