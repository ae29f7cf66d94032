extension ExpectedTensors {
    /// transformers' `CLIPTextModel` without its `text_model.` prefix (models/clip/modeling_clip.py).
    package mutating func textEncoder(_ config: TextEncoderConfiguration) {
        let width = config.hiddenSize
        parameter("text_encoder.embeddings.token_embedding.weight", [config.vocabularySize, width])
        parameter("text_encoder.embeddings.position_embedding.weight", [config.positions, width])
        clipLayers("text_encoder", config.layers, width, config.intermediateSize)
        norm("text_encoder.final_layer_norm", width)
    }

    /// transformers' `CLIPEncoder`, which texts and pictures have alike.
    mutating func clipLayers(_ name: String, _ count: Int, _ width: Int, _ intermediate: Int) {
        for layer in 0..<count {
            let name = "\(name).encoder.layers.\(layer)"
            norm(name + ".layer_norm1", width)
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                linear("\(name).self_attn.\(projection)", width, width)
            }
            norm(name + ".layer_norm2", width)
            linear(name + ".mlp.fc1", width, intermediate)
            linear(name + ".mlp.fc2", intermediate, width)
        }
    }
}
