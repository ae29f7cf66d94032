/// Pseudo numerical methods for diffusion models (Liu et al. 2022, arXiv 2202.09778; diffusers'
/// `scheduling_pndm.py`).
///
/// A linear multistep method of fourth order (PLMS, formula 12). It gets its first history either from three
/// Runge-Kutta steps of four model evaluations each (PRK, formula 13), or, with `skipPRKSteps`, from steps of lower
/// order, the first of which is done twice, as in the CompVis code.
public struct PNDMScheduler: Scheduler {
    public let configuration: SchedulerConfiguration
    public private(set) var timesteps: [Double] = []
    public let initNoiseSigma: Float = 1

    private let schedule: NoiseSchedule
    private let finalAlpha: Float
    private var stride = 0
    private var prkTimesteps: [Double] = []
    /// The number of steps taken.
    private var counter = 0
    /// The last model outputs, at most four, oldest first.
    private var outputs: [[Float]] = []
    /// The sample that a step of several model evaluations starts from.
    private var startSample: [Float] = []
    /// The weighted sum of the model outputs of a Runge-Kutta step so far.
    private var outputSum: [Float] = []

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
            timesteps = count == 1 ? spaced : [spaced[0], spaced[1]] + spaced[1...]
        } else {
            prkTimesteps = Self.rungeKuttaTimesteps(spaced, half: Double(stride / 2))
            timesteps = prkTimesteps + spaced[3...]
        }
        counter = 0
        outputs = []
    }

    /// Three steps from the first three of `spaced`: at the timestep, twice half-way, and at the next timestep.
    private static func rungeKuttaTimesteps(_ spaced: [Double], half: Double) -> [Double] {
        (0..<3).flatMap { index in
            let middle = spaced[index + 1] + half
            return [spaced[index], middle, middle, spaced[index + 1]]
        }
    }

    public func scaleModelInput(_ sample: [Float], timestep: Double) -> [Float] {
        sample
    }

    public mutating func step(
        _ modelOutput: [Float], timestep: Double, sample: [Float], noise: (Int) -> [Float]
    ) -> [Float] {
        precondition(stride > 0, "step before setTimesteps")
        defer { counter += 1 }
        return counter < prkTimesteps.count
            ? rungeKuttaStep(modelOutput, timestep: Int(timestep), sample: sample)
            : multistepStep(modelOutput, timestep: Int(timestep), sample: sample)
    }

    /// One of the four evaluations of a Runge-Kutta step, all of which start from its first sample.
    private mutating func rungeKuttaStep(_ modelOutput: [Float], timestep: Int, sample: [Float]) -> [Float] {
        let sixth = Float(1.0 / 6.0)
        let third = Float(1.0 / 3.0)
        let next = counter.isMultiple(of: 2) ? timestep - stride / 2 : timestep
        let start = Int(prkTimesteps[counter / 4 * 4])
        var direction = modelOutput
        switch counter % 4 {
        case 0:
            outputSum = modelOutput.map { sixth * $0 }
            outputs.append(modelOutput)
            startSample = sample
        case 3:
            direction = combine(outputSum, modelOutput) { $0 + sixth * $1 }
        default:
            outputSum = combine(outputSum, modelOutput) { $0 + third * $1 }
        }
        return transfer(startSample, from: start, to: next, direction)
    }

    private mutating func multistepStep(_ modelOutput: [Float], timestep: Int, sample: [Float]) -> [Float] {
        if counter == 1 {
            // The second evaluation of the first step: again from its start, with the mean of both outputs.
            let mean = combine(modelOutput, outputs[0]) { ($0 + $1) / 2 }
            return transfer(startSample, from: timestep + stride, to: timestep, mean)
        }
        if counter == 0 { startSample = sample }
        outputs = outputs.suffix(3) + [modelOutput]
        return transfer(sample, from: timestep, to: timestep - stride, extrapolatedOutput())
    }

    /// The Adams-Bashforth combination of the outputs there are.
    private func extrapolatedOutput() -> [Float] {
        let last = outputs.count - 1
        let newest = outputs[last]
        switch outputs.count {
        case 1:
            return newest
        case 2:
            return combine(newest, outputs[last - 1]) { (3 * $0 - $1) / 2 }
        case 3:
            let partial = combine(newest, outputs[last - 1]) { 23 * $0 - 16 * $1 }
            return combine(partial, outputs[last - 2]) { ($0 + 5 * $1) / 12 }
        default:
            let twentyFourth = Float(1.0 / 24.0)
            var partial = combine(newest, outputs[last - 1]) { 55 * $0 - 59 * $1 }
            partial = combine(partial, outputs[last - 2]) { $0 + 37 * $1 }
            return combine(partial, outputs[last - 3]) { twentyFourth * ($0 - 9 * $1) }
        }
    }

    /// Formula 9: the sample at timestep `next`, from the one at `timestep` and a direction.
    private func transfer(_ sample: [Float], from timestep: Int, to next: Int, _ direction: [Float]) -> [Float] {
        let alpha = schedule.alphasCumprod[timestep]
        let alphaNext = schedule.alphaCumprod(next, final: finalAlpha)
        let beta = 1 - alpha
        let betaNext = 1 - alphaNext
        let sampleFactor = (alphaNext / alpha).squareRoot()
        let divisor = alpha * betaNext.squareRoot() + (alpha * beta * alphaNext).squareRoot()
        let difference = alphaNext - alpha
        switch configuration.predictionType {
        case .epsilon, .sample:
            return combine(sample, direction) { sampleFactor * $0 - difference * $1 / divisor }
        case .velocity:
            let outputShare = alpha.squareRoot()
            let sampleShare = beta.squareRoot()
            return combine(sample, direction) {
                sampleFactor * $0 - difference * (outputShare * $1 + sampleShare * $0) / divisor
            }
        }
    }

    public func addNoise(_ original: [Float], noise: [Float], timestep: Double) -> [Float] {
        schedule.addNoise(original, noise: noise, timestep: Int(timestep))
    }
}
