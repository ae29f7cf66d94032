/// Pseudo numerical methods for diffusion models (Liu et al. 2022, arXiv 2202.09778; diffusers'
/// `scheduling_pndm.py`).
///
/// A linear multistep method of fourth order (PLMS, formula 12). It gets its first history either from three
/// Runge-Kutta steps of four model evaluations each (PRK, formula 13), or, with `skipPRKSteps`, from steps of lower
/// order, the first of which is done twice, as in the CompVis code.
public struct PNDMScheduler: ConfiguredScheduler {
    /// What diffusers' class takes where its file says nothing.
    public static let defaultConfiguration = SchedulerConfiguration()

    /// The settings that it was made with.
    public let configuration: SchedulerConfiguration
    public var timesteps: [Double] { sequence.timesteps }

    private let schedule: NoiseSchedule
    private let finalAlpha: Float
    private var sequence = TimestepSequence()
    private var stride = 0
    private var prkTimesteps: [Double] = []
    /// The number of steps taken.
    private var counter = 0
    /// The last model outputs, at most four, oldest first.
    private var outputs: [Latents] = []
    /// The sample that a step of several model evaluations starts from.
    private var startSample: Latents?
    /// The weighted sum of the model outputs of a Runge-Kutta step so far.
    private var outputSum: Latents?

    /// - Throws: `SchedulerError` for a configuration that makes no sense, or one that predicts the sample.
    public init(_ configuration: SchedulerConfiguration) throws {
        guard configuration.predictionType != .sample else {
            throw SchedulerError.unknownValue(
                option: "prediction_type", value: "sample", known: ["epsilon", "v_prediction"])
        }
        self.configuration = configuration
        schedule = try NoiseSchedule(configuration)
        finalAlpha = configuration.setAlphaToOne ? 1 : schedule.alphasCumprod[0]
    }

    public mutating func setTimesteps(_ count: Int) throws {
        let fewest = configuration.skipPRKSteps ? 1 : 4
        guard count >= fewest else {
            throw SchedulerError.stepCount(count, allowed: fewest...max(fewest, configuration.numTrainTimesteps))
        }
        let spaced = try configuration.spacedTimesteps(count, rounded: true)
        stride = configuration.stride(for: count)
        if configuration.skipPRKSteps {
            prkTimesteps = []
            sequence = TimestepSequence(count == 1 ? spaced : [spaced[0], spaced[1]] + spaced[1...])
        } else {
            prkTimesteps = Self.rungeKuttaTimesteps(spaced, half: Double(stride / 2))
            sequence = TimestepSequence(prkTimesteps + spaced[3...])
        }
        counter = 0
        outputs = []
        startSample = nil
        outputSum = nil
    }

    /// Three steps from the first three of `spaced`: at the timestep, twice half-way, and at the next timestep.
    private static func rungeKuttaTimesteps(_ spaced: [Double], half: Double) -> [Double] {
        (0..<3).flatMap { index in
            let middle = spaced[index + 1] + half
            return [spaced[index], middle, middle, spaced[index + 1]]
        }
    }

    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: ([Int]) throws -> Latents
    ) throws -> Latents {
        let position = try sequence.nextPosition(at: timestep)
        var after = self
        let next =
            counter < prkTimesteps.count
            ? try after.rungeKuttaStep(modelOutput, timestep: Int(timestep), sample: sample)
            : try after.multistepStep(modelOutput, timestep: Int(timestep), sample: sample)
        after.counter += 1
        after.sequence.advance(past: position)
        self = after
        return next
    }

    /// One of the four evaluations of a Runge-Kutta step, all of which start from its first sample.
    private mutating func rungeKuttaStep(_ modelOutput: Latents, timestep: Int, sample: Latents) throws -> Latents {
        let sixth = Float(1.0 / 6.0)
        let third = Float(1.0 / 3.0)
        let next = counter.isMultiple(of: 2) ? timestep - stride / 2 : timestep
        let start = Int(prkTimesteps[counter / 4 * 4])
        var direction = modelOutput
        if counter.isMultiple(of: 4) {
            outputSum = sixth * modelOutput
            outputs.append(modelOutput)
            startSample = sample
        } else if let sum = outputSum {
            let isLast = counter % 4 == 3
            outputSum = try sum + (isLast ? sixth : third) * modelOutput
            if isLast, let outputSum { direction = outputSum }
        }
        return try transfer(startSample ?? sample, from: start, to: next, direction)
    }

    private mutating func multistepStep(_ modelOutput: Latents, timestep: Int, sample: Latents) throws -> Latents {
        if counter == 1, let startSample {
            // The second evaluation of the first step: again from its start, with the mean of both outputs.
            let mean = try (modelOutput + outputs[0]) / 2
            return try transfer(startSample, from: timestep + stride, to: timestep, mean)
        }
        if counter == 0 { startSample = sample }
        outputs = outputs.suffix(3) + [modelOutput]
        return try transfer(sample, from: timestep, to: timestep - stride, extrapolatedOutput())
    }

    /// The Adams-Bashforth combination of the outputs there are.
    private func extrapolatedOutput() throws -> Latents {
        let last = outputs.count - 1
        let newest = outputs[last]
        switch outputs.count {
        case 1:
            return newest
        case 2:
            return try (3 * newest - outputs[last - 1]) / 2
        case 3:
            return try (23 * newest - 16 * outputs[last - 1] + 5 * outputs[last - 2]) / 12
        default:
            let sum = try 55 * newest - 59 * outputs[last - 1] + 37 * outputs[last - 2] - 9 * outputs[last - 3]
            return Float(1.0 / 24.0) * sum
        }
    }

    /// Formula 9: the sample at timestep `next`, from the one at `timestep` and a direction.
    private func transfer(
        _ sample: Latents, from timestep: Int, to next: Int, _ direction: Latents
    ) throws -> Latents {
        let alpha = schedule.alphasCumprod[timestep]
        let alphaNext = schedule.alphaCumprod(next, final: finalAlpha)
        let beta = 1 - alpha
        let betaNext = 1 - alphaNext
        let sampleFactor = (alphaNext / alpha).squareRoot()
        let divisor = alpha * betaNext.squareRoot() + (alpha * beta * alphaNext).squareRoot()
        let difference = alphaNext - alpha
        let noise = try configuration.predictionType.noise(direction, sample: sample, alpha: alpha)
        return try sample.combined(with: noise) { sampleFactor * $0 - difference * $1 / divisor }
    }

    public func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents {
        try schedule.addNoise(original, noise: noise, timestep: timestep)
    }
}
