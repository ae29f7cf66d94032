import Kernels

/// `y = x·Wᵀ + b`, also for a 1×1 convolution: both act on rows of channels. Of a map it is computed when it is read.
struct Linear {
    private let compute: Compute
    let weight: WeightMatrix
    private let bias: Tensor?

    /// - Parameter kernel: of a convolution whose stride is as large: the input is then rows of patches,
    ///   `inputs * kernel * kernel` numbers each, channel by channel
    init(_ weights: Weights, inputs: Int, outputs: Int? = nil, kernel: Int = 1) throws(ModelError) {
        compute = weights.compute
        weight = try weights["weight"].matrix(inputs: inputs, outputs: outputs, kernel: kernel).flattened
        bias = weights["bias"].exists ? try weights["bias"].vector(count: weight.outputs) : nil
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor { try compute.linear(x, weight, bias: bias) }
    /// GEGLU (Shazeer 2020): the first half of the outputs times gelu of the second.
    func gated(_ x: Tensor) throws -> Tensor { try compute.gatedLinear(x, weight, bias: bias) }
    func callAsFunction(_ x: FeatureMap) -> FeatureMap { compute.convolution(x, weight, bias: bias, .pointwise) }
    func callAsFunction(_ x: Tensor, addingTo residual: Tensor) throws {
        try compute.linear(x, weight, bias: bias, addingTo: residual)
    }
}

/// A convolution, computed when its result is read.
struct Conv2d {
    private let compute: Compute
    private let weight: WeightMatrix
    let bias: Tensor?
    private let geometry: ConvolutionShape
    var outputs: Int { weight.outputs }

    init(
        _ weights: Weights, inputs: Int, outputs: Int, _ geometry: ConvolutionShape = .same3x3, hasBias: Bool = true
    ) throws(ModelError) {
        compute = weights.compute
        weight = try weights["weight"].matrix(inputs: inputs, outputs: outputs, kernel: geometry.kernel)
        bias = hasBias ? try weights["bias"].vector(count: outputs) : nil
        self.geometry = geometry
    }

    /// - Parameter bias: instead of the layer's own
    func callAsFunction(_ x: FeatureMap, bias: Tensor? = nil) -> FeatureMap {
        compute.convolution(x, weight, bias: bias ?? self.bias, geometry)
    }
    func callAsFunction(_ x: FeatureMap, upsampledTo size: (height: Int, width: Int)) -> FeatureMap {
        compute.convolution(x, weight, bias: bias, geometry, upsampledTo: size)
    }
}

struct GroupNorm {
    private let compute: Compute
    private let weight: Tensor
    private let bias: Tensor
    private let groups: Int
    private let epsilon: Float

    init(_ weights: Weights, channels: Int, groups: Int, epsilon: Float) throws(ModelError) {
        compute = weights.compute
        weight = try weights["weight"].vector(count: channels)
        bias = try weights["bias"].vector(count: channels)
        self.groups = groups
        self.epsilon = epsilon
        guard channels % groups == 0 else {
            throw .wrongShape(tensor: "a group norm", found: [channels], expected: "a multiple of \(groups) groups")
        }
    }

    func callAsFunction(_ x: FeatureMap, silu: Bool = false) throws -> FeatureMap {
        try compute.groupNorm(x, weight: weight, bias: bias, groups: groups, epsilon: epsilon, silu: silu)
    }
}

struct LayerNorm {
    private let compute: Compute
    private let weight: Tensor
    private let bias: Tensor
    private let epsilon: Float

    init(_ weights: Weights, channels: Int, epsilon: Float = 1e-5) throws(ModelError) {
        compute = weights.compute
        weight = try weights["weight"].vector(count: channels)
        bias = try weights["bias"].vector(count: channels)
        self.epsilon = epsilon
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try compute.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
    }
}
