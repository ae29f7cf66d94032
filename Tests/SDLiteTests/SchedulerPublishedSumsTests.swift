import Testing

@testable import SDLite

/// The sums that diffusers publishes for its schedulers, `tests/schedulers/test_scheduler_{pndm,ddim,lms}.py`, with
/// the configurations, the sample and the tolerances (1e-2, 1e-3) of those files.
@Suite struct SchedulerPublishedSumsTests {
    static let count = 4 * 3 * 8 * 8
    /// `dummy_sample_deter` and `dummy_noise_deter`: numbered with the four pictures innermost.
    static let sample = (0..<count).map { Float($0 % 192 * 4 + $0 / 192) / Float(count) }
    static let noise = sample.map { Float(count - 1) / Float(count) - $0 }

    static func latents(_ values: [Float]) throws -> Latents { try Latents(shape: [4, 3, 8, 8], values: values) }

    /// The sum of absolute values after 10 steps, from the one numbered `start` on, with noise of seed 0.
    ///
    /// - Parameter scaleInPlace: diffusers' K-LMS tests step from the scaled sample, as no pipeline does.
    static func fullLoop(
        _ original: any Scheduler, steps: Int = 10, start: Int = 0, scaleInPlace: Bool = false
    ) throws -> Double {
        var scheduler = original
        var generator = NoiseGenerator(seed: 0)
        try scheduler.setTimesteps(steps)
        var sample = try latents(sample) * scheduler.initNoiseSigma
        let timesteps = scheduler.timesteps[start...]
        if start > 0 { sample = try scheduler.addNoise(sample, noise: latents(noise), timestep: timesteps[start]) }
        for timestep in timesteps {
            if scaleInPlace {
                sample = try scheduler.scaleModelInput(sample, timestep: timestep)
                let output = dummyModel(sample, timestep)
                sample = try scheduler.step(output, timestep: timestep, sample: sample, using: &generator)
            } else {
                sample = try advance(&scheduler, sample, timestep) { try generator.randn(shape: $0) }
            }
        }
        return sample.values.reduce(0) { $0 + Double(abs($1)) }
    }

    static func expect(_ sum: Double, _ published: Double, mean: Double, tolerance: Double = 1e-2) {
        #expect(abs(sum - published) < tolerance)
        #expect(abs(sum / Double(count) - mean) < 1e-3)
    }

    @Test func pndm() throws {
        var configuration = PNDMScheduler.defaultConfiguration
        Self.expect(try Self.fullLoop(PNDMScheduler(configuration)), 198.1318, mean: 0.2580)
        configuration.betaStart = 0.01
        Self.expect(try Self.fullLoop(PNDMScheduler(configuration)), 186.9482, mean: 0.2434)
        configuration.setAlphaToOne = true
        Self.expect(try Self.fullLoop(PNDMScheduler(configuration)), 230.0399, mean: 0.2995)
    }

    @Test func pndmVelocity() throws {
        var configuration = PNDMScheduler.defaultConfiguration
        configuration.predictionType = .velocity
        Self.expect(try Self.fullLoop(PNDMScheduler(configuration)), 67.3986, mean: 0.0878)
    }

    @Test func pndmTimesteps() throws {
        var configuration = PNDMScheduler.defaultConfiguration
        configuration.stepsOffset = 1
        var scheduler = try PNDMScheduler(configuration)
        try scheduler.setTimesteps(10)
        #expect(
            scheduler.timesteps == [
                901, 851, 851, 801, 801, 751, 751, 701, 701, 651, 651, 601, 601, 501, 401, 301, 201, 101, 1,
            ])
    }

    @Test func ddim() throws {
        var configuration = DDIMScheduler.defaultConfiguration
        Self.expect(try Self.fullLoop(DDIMScheduler(configuration)), 172.0067, mean: 0.223967)
        configuration.betaStart = 0.01
        Self.expect(try Self.fullLoop(DDIMScheduler(configuration)), 149.8295, mean: 0.1951)
        configuration.setAlphaToOne = false
        Self.expect(try Self.fullLoop(DDIMScheduler(configuration)), 149.0784, mean: 0.1941)
    }

    @Test func ddimVelocity() throws {
        var configuration = DDIMScheduler.defaultConfiguration
        configuration.predictionType = .velocity
        Self.expect(try Self.fullLoop(DDIMScheduler(configuration)), 52.5302, mean: 0.0684)
    }

    @Test func ddimFromTheMiddle() throws {
        let scheduler = try DDIMScheduler(DDIMScheduler.defaultConfiguration)
        Self.expect(try Self.fullLoop(scheduler, start: 8), 354.5418, mean: 0.4616)
    }

    @Test func ddimTimesteps() throws {
        var configuration = DDIMScheduler.defaultConfiguration
        configuration.stepsOffset = 1
        var scheduler = try DDIMScheduler(configuration)
        try scheduler.setTimesteps(5)
        #expect(scheduler.timesteps == [801, 601, 401, 201, 1])
    }

    static func lms(_ change: (inout SchedulerConfiguration) -> Void = { _ in }) throws -> LMSDiscreteScheduler {
        var configuration = LMSDiscreteScheduler.defaultConfiguration
        configuration.numTrainTimesteps = 1100
        change(&configuration)
        return try LMSDiscreteScheduler(configuration)
    }

    @Test func lms() throws {
        Self.expect(try Self.fullLoop(Self.lms(), scaleInPlace: true), 1006.388, mean: 1.31)
    }

    @Test func lmsVelocity() throws {
        let scheduler = try Self.lms { $0.predictionType = .velocity }
        Self.expect(try Self.fullLoop(scheduler, scaleInPlace: true), 0.0017, mean: 2.2676e-06)
    }

    @Test func lmsKarras() throws {
        let scheduler = try Self.lms { $0.useKarrasSigmas = true }
        // diffusers itself allows 2e-2 here.
        Self.expect(try Self.fullLoop(scheduler, scaleInPlace: true), 3812.9927, mean: 4.9648, tolerance: 2e-2)
    }

    @Test func lmsFromTheMiddle() throws {
        Self.expect(try Self.fullLoop(Self.lms(), start: 8, scaleInPlace: true), 27663.6895, mean: 36.0204)
    }
}
