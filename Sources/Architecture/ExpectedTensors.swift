/// The tensors of an architecture in the order in which the engine uses them: names as diffusers and transformers give
/// them, under the prefix of their component, with their shapes.
package struct ExpectedTensors {
    package struct Tensor: Equatable, Sendable {
        package let name: String
        package let shape: [Int]
    }

    package private(set) var list: [Tensor] = []

    package init() {}

    mutating func parameter(_ name: String, _ shape: [Int]) {
        list.append(Tensor(name: name, shape: shape))
    }

    /// Weight and bias of a norm over `channels`.
    mutating func norm(_ name: String, _ channels: Int) {
        parameter(name + ".weight", [channels])
        parameter(name + ".bias", [channels])
    }

    /// `[outputs, inputs]`
    mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true) {
        parameter(name + ".weight", [outputs, inputs])
        if bias { parameter(name + ".bias", [outputs]) }
    }

    /// `[outputs, inputs, size, size]`
    mutating func convolution(_ name: String, _ inputs: Int, _ outputs: Int, size: Int = 3) {
        parameter(name + ".weight", [outputs, inputs, size, size])
        parameter(name + ".bias", [outputs])
    }

    /// diffusers' `ResnetBlock2D` (models/resnet.py); without `time` it is one of the autoencoder.
    mutating func resnet(_ name: String, _ inputs: Int, _ outputs: Int, time: Int? = nil) {
        norm(name + ".norm1", inputs)
        convolution(name + ".conv1", inputs, outputs)
        if let time { linear(name + ".time_emb_proj", time, outputs) }
        norm(name + ".norm2", outputs)
        convolution(name + ".conv2", outputs, outputs)
        if inputs != outputs { convolution(name + ".conv_shortcut", inputs, outputs, size: 1) }
    }
}
