import Testing

@testable import SDLite

/// Timesteps, noise levels and samples as diffusers has them.
@Suite struct SchedulerParityTests {
    /// Of the largest value in a run so far. torch takes square roots from a library that rounds one in five of them
    /// the other way, another one on another processor; a step has up to five, divides by them, and a large step
    /// enlarges what earlier ones left. The worst run differs by 13 * 2^-24.
    static let tolerance: Float = 16 * 0x1p-24

    /// Of logarithms, powers and square roots: two float32 ulps.
    static let twoUlps: Float = 0x1p-22

    /// Compares a run step by step, each from the sample that the scheduler itself made.
    static func compare(
        _ original: any Scheduler, with run: SchedulerFixtures.Run, in runs: SchedulerFixtures.Runs
    ) throws {
        var scheduler = original
        try scheduler.setTimesteps(run.steps)
        #expect(scheduler.timesteps.count == run.timesteps.count, "\(run)")
        for (ours, theirs) in zip(scheduler.timesteps, run.timesteps) {
            // Whole timesteps are equal; fractions come from logarithms of noise levels, and the logarithm's last bit
            // is up to 1e-6 timesteps per timestep at the flat end of the schedule.
            #expect(abs(ours - theirs) <= (theirs == theirs.rounded() ? 0 : 1e-6 * theirs), "\(run)")
        }
        #expect(areClose(scheduler.initNoiseSigma, run.initNoiseSigma), "\(run)")
        #expect(scheduler.sigmas.count == run.sigmas.count, "\(run)")
        // Rescaled alphas differ a little (see `alphas`), and small noise levels come from their differences from 1.
        let isRescaled = run.file.contains(#""rescale_betas_zero_snr": true"#)
        let allowed = isRescaled ? tolerance : twoUlps
        #expect(zip(scheduler.sigmas, run.sigmas).allSatisfy { abs($0 - $1) <= allowed * $1 }, "\(run)")

        var sample = runs.noise[0].latents * scheduler.initNoiseSigma
        if run.start > 0 {
            let timestep = scheduler.timesteps[run.start]
            sample = try scheduler.addNoise(runs.original.latents, noise: runs.noise[0].latents, timestep: timestep)
        }
        var largest: Float = 0
        var draws: [Int] = []
        for (step, expected) in run.trajectory.enumerated() {
            if step > 0 {
                let timestep = scheduler.timesteps[run.start + step - 1]
                let output = try dummyModel(scheduler.scaleModelInput(sample, timestep: timestep), timestep)
                sample = try scheduler.step(output, timestep: timestep, sample: sample) { shape in
                    #expect(shape == sample.shape, "\(run)")
                    draws.append(step)
                    return runs.noise[step].latents
                }
            }
            largest = expected.reduce(largest) { max($0, abs($1)) }
            let difference = zip(sample.values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(
                sample.values.count == expected.count && difference <= tolerance * largest, "step \(step) of \(run)")
        }
        #expect(draws == run.draws, "\(run)")
    }

    static func areClose(_ a: Float, _ b: Float) -> Bool {
        abs(a - b) <= twoUlps * abs(b)
    }

    /// The scheduler of a run in trajectories.json, made without a pipeline's corrections.
    static func scheduler(of run: SchedulerFixtures.Run) throws -> any Scheduler {
        let kind = try SchedulerKind(named: run.kind)
        var configuration = try SchedulerFile(json: [UInt8](run.file.utf8)).configuration(kind.defaultConfiguration)
        configuration.eta = run.eta
        return try kind.make(configuration)
    }

    @Test func trajectories() throws {
        let runs: SchedulerFixtures.Runs = try SchedulerFixtures.load("trajectories.json")
        #expect(runs.cases.count > 350)
        for run in runs.cases { try Self.compare(Self.scheduler(of: run), with: run, in: runs) }
    }

    /// `StableDiffusionPipeline`'s own scheduler, and others put in its place, for files of several kinds and ages.
    @Test func fromConfig() throws {
        let runs: SchedulerFixtures.Runs = try SchedulerFixtures.load("from_config.json")
        #expect(runs.cases.count > 150)
        for run in runs.cases {
            let json = [UInt8](run.file.utf8)
            let kind = try SchedulerKind(named: run.kind)
            try Self.compare(makeScheduler(kind: kind, configurationJSON: json), with: run, in: runs)
            if run.own == true {
                try Self.compare(makeScheduler(kind: nil, configurationJSON: json), with: run, in: runs)
            }
        }
    }

    @Test func anotherRunStartsAfresh() throws {
        let runs: SchedulerFixtures.Runs = try SchedulerFixtures.load("trajectories.json")
        for run in runs.cases {
            var scheduler = try Self.scheduler(of: run)
            try scheduler.setTimesteps(7)
            for timestep in scheduler.timesteps.prefix(5) {
                _ = try advance(&scheduler, runs.original.latents, timestep)
            }
            try Self.compare(scheduler, with: run, in: runs)
        }
    }

    @Test func alphas() throws {
        let cases: [SchedulerFixtures.Alphas] = try SchedulerFixtures.load("alphas.json")
        for expected in cases {
            let configuration = try SchedulerFile(json: [UInt8](expected.file.utf8)).configuration(
                DDIMScheduler.defaultConfiguration)
            let schedule = try NoiseSchedule(
                configuration, zeroTerminalSNR: configuration.rescaleBetasZeroSNR)
            let ours = stride(from: 0, to: schedule.alphasCumprod.count, by: expected.every).map {
                schedule.alphasCumprod[$0]
            }
            // Equal to the bit but for square roots (see `tolerance`), of which rescaling takes a difference, and the
            // last bit of another library's cosine. The worst differs by 6.7 * 2^-24.
            let isExact = !configuration.rescaleBetasZeroSNR && configuration.betaSchedule != .squaredCosine
            let allowed: Float = isExact ? 0 : 8 * 0x1p-24
            #expect(ours.count == expected.values.count)
            #expect(zip(ours, expected.values).allSatisfy { abs($0 - $1) <= allowed * $1 }, "\(expected.file)")
        }
    }

    /// The timesteps of every possible number of steps.
    @Test func timestepsOfAllCounts() throws {
        let sums: [String: [Int]] = try SchedulerFixtures.load("timestep_sums.json")
        for spacing in TimestepSpacing.allCases {
            var configuration = DDIMScheduler.defaultConfiguration
            configuration.timestepSpacing = spacing
            var scheduler = try DDIMScheduler(configuration)
            let expected = try #require(sums[spacing.rawValue])
            for count in 1...1000 {
                try scheduler.setTimesteps(count)
                let sum = scheduler.timesteps.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) }
                #expect(scheduler.timesteps.count == count)
                #expect(sum == expected[count - 1], "\(spacing), \(count) steps")
            }
        }
    }

    /// What diffusers' `get_lms_coefficient` gives for the first four of 20 steps of Stable Diffusion.
    @Test func multistepCoefficientsOfStableDiffusion() throws {
        let file = #"{"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}"#
        var scheduler = try LMSDiscreteScheduler(
            SchedulerFile(json: [UInt8](file.utf8)).configuration(LMSDiscreteScheduler.defaultConfiguration))
        try scheduler.setTimesteps(20)
        let expected: [[Float]] = [
            [-3.867797], [-3.583653, 0.918339], [-2.933238, 1.329555, -0.272902],
            [-2.323978, 1.41395, -0.5044, 0.065142],
        ]
        for (index, coefficients) in expected.enumerated() {
            let ours = multistepCoefficients(scheduler.sigmas, at: index, order: index + 1)
            // The literals have six decimals; float32 noise of the numerical integral is as large.
            #expect(zip(ours, coefficients).allSatisfy { abs($0 - $1) < 3e-6 } && ours.count == index + 1)
        }
    }
}
