/// Denoising diffusion implicit models (Song et al. 2020, arXiv 2010.02502; diffusers' `scheduling_ddim.py`).
public struct DDIMScheduler: Scheduler {
    public let configuration: SchedulerConfiguration
    public private(set) var timesteps: [Double] = []
    public let initNoiseSigma: Float = 1

    /// How much of DDPM's noise each step adds: 0 (none, deterministic) to 1 (all of it).
    public let eta: Double

    /// The number of pictures in a sample, one after another: dynamic thresholding looks at each by itself.
    public var imageCount = 1

    private let schedule: NoiseSchedule
    private let finalAlpha: Float
    private var stride = 0

    /// - Throws: `SchedulerError` for a configuration or an `eta` that makes no sense.
    public init(_ configuration: SchedulerConfiguration, eta: Double = 0) throws {
        guard 0...1 ~= eta else {
            throw SchedulerError.outOfRange(option: "eta", value: "\(eta)", expected: "0 to 1")
        }
        self.configuration = configuration
        self.eta = eta
        schedule = try NoiseSchedule(configuration, zeroTerminalSNR: configuration.rescaleBetasZeroSNR)
        finalAlpha = configuration.setAlphaToOne ? 1 : schedule.alphasCumprod[0]
    }

    public mutating func setTimesteps(_ count: Int) throws {
        timesteps = try configuration.spacedTimesteps(count, rounded: true)
        stride = configuration.stride(for: count)
    }

    public func scaleModelInput(_ sample: [Float], timestep: Double) -> [Float] {
        sample
    }

    /// Formula 12: the predicted original, the direction pointing back to the sample, and noise.
    public mutating func step(
        _ modelOutput: [Float], timestep: Double, sample: [Float], noise: (Int) -> [Float]
    ) -> [Float] {
        precondition(stride > 0, "step before setTimesteps")
        let timestep = Int(timestep)
        let alpha = schedule.alphasCumprod[timestep]
        let alphaNext = schedule.alphaCumprod(timestep - stride, final: finalAlpha)
        let beta = 1 - alpha

        var (original, predictedNoise) = split(modelOutput, sample: sample, alpha: alpha)
        if configuration.thresholding {
            original = thresholded(original)
        } else if configuration.clipSample {
            let limit = Float(configuration.clipSampleRange)
            original = original.map { clamped($0, to: limit) }
        }

        // Formula 16.
        let variance = ((1 - alphaNext) / beta) * (1 - alpha / alphaNext)
        let deviation = Float(eta) * variance.squareRoot()
        let originalShare = alphaNext.squareRoot()
        let noiseShare = (1 - alphaNext - deviation * deviation).squareRoot()
        let next = combine(original, predictedNoise) { originalShare * $0 + noiseShare * $1 }
        guard eta > 0 else { return next }
        return combine(next, noise(next.count)) { $0 + deviation * $1 }
    }

    /// The original and the noise that the sample would consist of if the model were right.
    private func split(
        _ modelOutput: [Float], sample: [Float], alpha: Float
    ) -> (original: [Float], noise: [Float]) {
        let pictureShare = alpha.squareRoot()
        let noiseShare = (1 - alpha).squareRoot()
        switch configuration.predictionType {
        case .epsilon:
            return (combine(sample, modelOutput) { ($0 - noiseShare * $1) / pictureShare }, modelOutput)
        case .sample:
            return (modelOutput, combine(sample, modelOutput) { ($0 - pictureShare * $1) / noiseShare })
        case .velocity:
            return (
                combine(sample, modelOutput) { pictureShare * $0 - noiseShare * $1 },
                combine(sample, modelOutput) { pictureShare * $1 + noiseShare * $0 }
            )
        }
    }

    public func addNoise(_ original: [Float], noise: [Float], timestep: Double) -> [Float] {
        schedule.addNoise(original, noise: noise, timestep: Int(timestep))
    }
}
