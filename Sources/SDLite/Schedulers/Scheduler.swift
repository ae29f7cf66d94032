/// A sampler for a diffusion model: it turns the model's outputs, one timestep after another, into latents of a
/// picture.
///
/// A scheduler is a value that knows nothing of models, files or kernels; the caller drives the loop:
///
///     try scheduler.setTimesteps(50)
///     var latents = try Latents.randn(shape: [1, 4, 64, 64], using: &generator) * scheduler.initNoiseSigma
///     for timestep in scheduler.timesteps {
///         let output = model(try scheduler.scaleModelInput(latents, timestep: timestep), timestep)
///         latents = try scheduler.step(output, timestep: timestep, sample: latents, using: &generator)
///     }
///
/// All arithmetic is single precision in the order of operations of diffusers 0.42. A call that throws leaves the
/// scheduler as it was.
public protocol Scheduler: Sendable {
    /// The timesteps to give to the U-Net, first to last; empty before `setTimesteps`.
    ///
    /// They may be fractions for K-LMS, Euler's and Heun's methods, and are whole numbers for others. PNDM and Heun list
    /// the timesteps of all their model evaluations, which are more than the number of steps asked for.
    var timesteps: [Double] { get }

    /// The noise level (standard deviation, of a picture of 1) at each of `timesteps`, and what the last step ends at,
    /// usually 0; empty for methods that do not work with noise levels, and before `setTimesteps`.
    var sigmas: [Float] { get }

    /// The factor that standard normal noise is multiplied with to become the first sample; set by `setTimesteps`.
    var initNoiseSigma: Float { get }

    /// Lays out `count` steps and forgets the history of an earlier run.
    ///
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining` or `.unusableNoiseLevels` when the schedule has
    ///   no room for them.
    mutating func setTimesteps(_ count: Int) throws

    /// The sample as the model wants to see it at `timestep`, which is the next one to be stepped.
    ///
    /// - Throws: `SchedulerError` for another timestep.
    func scaleModelInput(_ sample: Latents, timestep: Double) throws -> Latents

    /// One step from `sample` at `timestep` towards the picture.
    ///
    /// - Parameters:
    ///   - modelOutput: what the model predicted at `timestep`, of the shape of `sample`.
    ///   - timestep: an element of `timesteps`; they are visited in order, possibly from a later one on.
    ///   - sample: the current sample, as it was before `scaleModelInput`.
    ///   - noise: draws standard normal values of that shape; called at most once per step by a stochastic method (Euler
    ///     ancestral, DPM++ SDE, LCM, DDIM and TCD with `eta` above 0), and never by a deterministic one.
    /// - Returns: the sample for the next timestep.
    /// - Throws: `SchedulerError` for a timestep that is not the next, `LatentsError` for shapes that differ, and what
    ///   `noise` throws.
    mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, noise: (_ shape: [Int]) throws -> Latents
    ) throws -> Latents

    /// `original` as it would look at `timestep` of the forward process, given standard normal `noise`.
    ///
    /// - Throws: `SchedulerError` for a timestep without a noise level, `LatentsError` for shapes that differ.
    func addNoise(_ original: Latents, noise: Latents, timestep: Double) throws -> Latents
}

/// What most methods have in common.
extension Scheduler {
    public var sigmas: [Float] { [] }

    public var initNoiseSigma: Float { 1 }

    public func scaleModelInput(_ sample: Latents, timestep: Double) throws -> Latents { sample }
}

extension Scheduler {
    /// One step of a method that draws no noise.
    ///
    /// - Throws: as the `step` with noise, and `SchedulerError.needsNoise` from a stochastic method.
    public mutating func step(_ modelOutput: Latents, timestep: Double, sample: Latents) throws -> Latents {
        try step(modelOutput, timestep: timestep, sample: sample) { _ in throw SchedulerError.needsNoise }
    }

    /// One step with the noise of `generator`, of which a deterministic method draws none.
    public mutating func step(
        _ modelOutput: Latents, timestep: Double, sample: Latents, using generator: inout NoiseGenerator
    ) throws -> Latents {
        try step(modelOutput, timestep: timestep, sample: sample) { try generator.randn(shape: $0) }
    }
}
