/// A sampler for a diffusion model: it turns the model's outputs, one timestep after another, into a sample.
///
/// A scheduler is a value that knows nothing of models, files or kernels; the caller drives the loop:
///
///     try scheduler.setTimesteps(50)
///     var latents = noise.map { $0 * scheduler.initNoiseSigma }
///     for timestep in scheduler.timesteps {
///         let output = model(scheduler.scaleModelInput(latents, timestep: timestep), timestep)
///         latents = scheduler.step(output, timestep: timestep, sample: latents, noise: generator.normal)
///     }
///
/// Samples are flat arrays of any length; only dynamic thresholding (see `DDIMScheduler.imageCount`) cares where one
/// picture ends and the next begins. All arithmetic is single precision in the order of operations of diffusers 0.42.
public protocol Scheduler: Sendable {
    /// The timesteps to give to the U-Net, first to last; empty before `setTimesteps`.
    ///
    /// They are whole numbers for PNDM and DDIM, and may be fractions for K-LMS. PNDM lists the timesteps of all its
    /// model evaluations, which are more than the number of steps asked for.
    var timesteps: [Double] { get }

    /// The factor that standard normal noise is multiplied with to become the first sample; set by `setTimesteps`.
    var initNoiseSigma: Float { get }

    /// Lays out `count` steps and forgets the history of an earlier run.
    ///
    /// - Throws: `SchedulerError.stepCount`, `.timestepBeyondTraining` or `.unusableNoiseLevels` when the schedule has
    ///   no room for them.
    mutating func setTimesteps(_ count: Int) throws

    /// The sample as the model wants to see it at `timestep`, which is the next one to be stepped.
    func scaleModelInput(_ sample: [Float], timestep: Double) -> [Float]

    /// One step from `sample` at `timestep` towards the picture.
    ///
    /// - Parameters:
    ///   - modelOutput: what the model predicted at `timestep`; as many values as `sample`.
    ///   - timestep: an element of `timesteps`; they are visited in order, possibly from a later one on.
    ///   - sample: the current sample, as it was before `scaleModelInput`.
    ///   - noise: draws that many standard normal values from the pipeline's generator; called once per step by a
    ///     stochastic method (DDIM with `eta` above 0), and never by a deterministic one.
    /// - Returns: the sample for the next timestep.
    mutating func step(
        _ modelOutput: [Float], timestep: Double, sample: [Float], noise: (Int) -> [Float]
    ) -> [Float]

    /// `original` as it would look at `timestep` of the forward process, given standard normal `noise`.
    func addNoise(_ original: [Float], noise: [Float], timestep: Double) -> [Float]
}
