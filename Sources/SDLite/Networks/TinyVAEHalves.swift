import Architecture
import Kernels

/// Latents to pictures (diffusers models/autoencoders/vae.py, `DecoderTiny`). Its maps are kept compactly, and those
/// within a block not at all.
struct TinyDecoder {
    private let compute: Compute
    private let convIn: Conv2d
    private let stages: [(blocks: [TinyBlock], upsampler: Conv2d?)]
    private let convOut: Conv2d
    private let width: Int
    let footprint: WeightFootprint

    /// - Parameter weights: of the whole autoencoder
    init(_ weights: Weights, _ c: TinyVAEConfiguration) throws(ModelError) {
        compute = weights.compute
        width = c.decoderWidths[0]
        var layers = TinyLayers(weights["decoder"]["layers"], width: width)
        convIn = try layers.convolution(inputs: c.latentChannels)
        layers.skip()  // ReLU
        var stages: [(blocks: [TinyBlock], upsampler: Conv2d?)] = []
        for (stage, count) in c.decoderBlocks.enumerated() {
            let blocks = try layers.blocks(count)
            guard stage < c.decoderBlocks.count - 1 else {
                stages.append((blocks, nil))
                break
            }
            layers.skip()  // the doubling
            stages.append((blocks, try layers.convolution(hasBias: false)))
        }
        self.stages = stages
        convOut = try layers.convolution(outputs: c.outChannels)
        try weights.requireAllClaimed(except: ["encoder."])
        footprint = weights.footprint
    }

    /// `[n, h, w, latentChannels]`, within ±3 → `[n, scale·h, scale·w, 3]`, nominally -1…1
    func callAsFunction(_ latents: Tensor) throws -> Tensor {
        var x = try compute.storedIfSmall(convIn(FeatureMap(latents))).rectified()
        for stage in stages {
            for block in stage.blocks { x = try block(x) }
            if let upsampler = stage.upsampler {
                x = try compute.storedIfSmall(upsampler(x, upsampledTo: (height: 2 * x.height, width: 2 * x.width)))
            }
        }
        let pixels = try compute.stored(convOut(x))
        compute.scale(pixels, by: 2, adding: -1)
        return pixels
    }

    /// Bytes of the largest map that is kept while a picture of this size is decoded.
    func widestMap(height: Int, width: Int) -> Int {
        compute.compactElement.byteCount(rows: height * width, channels: self.width)
    }
}

/// Pictures to latents (diffusers models/autoencoders/vae.py, `EncoderTiny`).
struct TinyEncoder {
    private let compute: Compute
    private let convIn: Conv2d
    private let stages: [(downsampler: Conv2d?, blocks: [TinyBlock])]
    private let convOut: Conv2d

    /// - Parameter weights: of the whole autoencoder
    init(_ weights: Weights, _ c: TinyVAEConfiguration) throws(ModelError) {
        compute = weights.compute
        var layers = TinyLayers(weights["encoder"]["layers"], width: c.encoderWidths[0])
        convIn = try layers.convolution(inputs: c.inChannels)
        var stages: [(downsampler: Conv2d?, blocks: [TinyBlock])] = []
        for (stage, count) in c.encoderBlocks.enumerated() {
            let downsampler = stage == 0 ? nil : try layers.convolution(.halving3x3, hasBias: false)
            stages.append((downsampler, try layers.blocks(count)))
        }
        self.stages = stages
        convOut = try layers.convolution(outputs: c.latentChannels)
        try weights.requireAllClaimed(except: ["decoder."])
    }

    /// `[n, h, w, 3]`, nominally -1…1 → `[n, h / scale, w / scale, latentChannels]`
    func callAsFunction(_ pixels: Tensor) throws -> Tensor {
        compute.scale(pixels, by: 0.5, adding: 0.5)
        var x = try compute.storedIfSmall(convIn(FeatureMap(pixels)))
        for stage in stages {
            if let downsampler = stage.downsampler { x = try compute.storedIfSmall(downsampler(x)) }
            for block in stage.blocks { x = try block(x) }
        }
        return try compute.stored(convOut(x))
    }
}

/// diffusers' AutoencoderTinyBlock (models/unets/unet_2d_blocks.py): three convolutions with ReLU between them, around a
/// shortcut, and ReLU at the end.
struct TinyBlock {
    private let compute: Compute
    private let convolutions: [Conv2d]

    init(_ weights: Weights, width: Int) throws(ModelError) {
        compute = weights.compute
        convolutions = try [0, 2, 4].map { i throws(ModelError) in
            try Conv2d(weights["conv"][i], inputs: width, outputs: width)
        }
    }

    func callAsFunction(_ x: FeatureMap) throws -> FeatureMap {
        let first = convolutions[0](x).rectified()
        let last = convolutions[2](convolutions[1](first).rectified())
        return FeatureMap(try compute.stored(last, as: compute.compactElement, adding: x)).rectified()
    }
}

/// The layers of one half, which are numbered through.
private struct TinyLayers {
    private let weights: Weights
    private let width: Int
    private var next = 0

    init(_ weights: Weights, width: Int) {
        self.weights = weights
        self.width = width
    }

    /// Passes over a layer without tensors.
    mutating func skip() { next += 1 }

    mutating func convolution(
        inputs: Int? = nil, outputs: Int? = nil, _ shape: ConvolutionShape = .same3x3, hasBias: Bool = true
    ) throws(ModelError) -> Conv2d {
        defer { next += 1 }
        return try Conv2d(
            weights[next], inputs: inputs ?? width, outputs: outputs ?? width, shape, hasBias: hasBias)
    }

    mutating func blocks(_ count: Int) throws(ModelError) -> [TinyBlock] {
        defer { next += count }
        return try (next..<next + count).map { i throws(ModelError) in try TinyBlock(weights[i], width: width) }
    }
}
