import Foundation
import Testing

@testable import SDLite

/// What a caller can do wrong with a scheduler is an error, and leaves the scheduler as it was.
struct SchedulerMisuseTests {
    private let sample = Result { try Latents(shape: [1, 1, 1, 2], values: [1, -0.5]) }
    private let other = Result { try Latents(shape: [1, 1, 2, 1], values: [1, -0.5]) }

    private func scheduler(_ kind: SchedulerKind, steps: Int? = nil) throws -> any Scheduler {
        var scheduler = try kind.make(kind.defaultConfiguration)
        if let steps { try scheduler.setTimesteps(steps) }
        return scheduler
    }

    /// What `work` throws must be a scheduler's error, with one sentence.
    private func expectError(_ work: () throws -> Void) {
        let error = #expect(throws: SchedulerError.self) { try work() }
        #expect(error.map { !$0.description.contains("\n") && $0.localizedDescription == $0.description } ?? false)
    }

    @Test(arguments: SchedulerKind.allCases)
    func stepsNeedTimesteps(kind: SchedulerKind) throws {
        var scheduler = try scheduler(kind)
        let sample = try sample.get()
        #expect(scheduler.timesteps.isEmpty && scheduler.sigmas.isEmpty)
        #expect(throws: SchedulerError.timestepsNotSet) { try scheduler.step(sample, timestep: 1, sample: sample) }
    }

    @Test(arguments: SchedulerKind.allCases, [.nan, .infinity, -.infinity, -1, 1000, 0.5, 1e300])
    func timestepsThatAreNoneAreRefused(kind: SchedulerKind, timestep: Double) throws {
        var scheduler = try scheduler(kind, steps: 10)
        let sample = try sample.get()
        for next in scheduler.timesteps.prefix(2) {
            expectError { _ = try scheduler.step(sample, timestep: timestep, sample: sample) }
            expectError { _ = try scheduler.addNoise(sample, noise: sample, timestep: timestep) }
            if [.lms, .euler, .eulerAncestral, .heun].contains(kind) {
                expectError { _ = try scheduler.scaleModelInput(sample, timestep: timestep) }
            }
            _ = try scheduler.step(sample, timestep: next, sample: sample, noise: sameNoise)
        }
    }

    /// In any of its steps, and the run goes on as if nothing had happened.
    @Test(arguments: SchedulerKind.allCases)
    func aRefusedStepChangesNothing(kind: SchedulerKind) throws {
        let (start, other) = try (sample.get(), other.get())
        var (disturbed, calm) = try (scheduler(kind, steps: 6), scheduler(kind, steps: 6))
        var (found, expected) = (start, start)
        for timestep in calm.timesteps {
            #expect(throws: LatentsError.self) { try disturbed.step(other, timestep: timestep, sample: start) }
            #expect(throws: LatentsError.self) {
                try disturbed.addNoise(start, noise: other, timestep: disturbed.timesteps[0])
            }
            found = try advance(&disturbed, found, timestep)
            expected = try advance(&calm, expected, timestep)
        }
        #expect(found == expected)
    }

    /// The history has the shape of the first step.
    @Test func theShapeMustStayTheSame() throws {
        for kind in [SchedulerKind.pndm, .lms, .heun, .dpmSolver, .unipc] {
            var scheduler = try scheduler(kind, steps: 10)
            _ = try advance(&scheduler, sample.get(), scheduler.timesteps[0])
            #expect(throws: LatentsError.self) { try advance(&scheduler, other.get(), scheduler.timesteps[1]) }
        }
    }

    @Test func timestepsComeInOrderWhereThereIsAHistory() throws {
        let sample = try sample.get()
        for kind in SchedulerKind.allCases where kind != .ddim {
            var scheduler = try scheduler(kind, steps: 10)
            let timesteps = scheduler.timesteps
            _ = try advance(&scheduler, sample, timesteps[0])
            #expect(throws: SchedulerError.outOfOrder(timestep: timesteps[0], next: timesteps[1])) {
                try scheduler.step(sample, timestep: timesteps[0], sample: sample)
            }
            for timestep in timesteps.dropFirst() { _ = try advance(&scheduler, sample, timestep) }
            #expect(throws: SchedulerError.finished) {
                try scheduler.step(sample, timestep: timesteps[0], sample: sample)
            }
            try scheduler.setTimesteps(10)
            _ = try advance(&scheduler, sample, timesteps[0])
        }
    }

    @Test func aStochasticStepNeedsNoiseOfItsShape() throws {
        let (sample, other) = try (sample.get(), other.get())
        var configuration = DDIMScheduler.defaultConfiguration
        configuration.eta = 1
        var scheduler = try DDIMScheduler(configuration)
        try scheduler.setTimesteps(10)
        #expect(throws: SchedulerError.needsNoise) { try scheduler.step(sample, timestep: 900, sample: sample) }
        #expect(throws: LatentsError.self) {
            try scheduler.step(sample, timestep: 900, sample: sample, noise: { _ in other })
        }
        var (first, second) = (NoiseGenerator(seed: 3), NoiseGenerator(seed: 3))
        let found = try scheduler.step(sample, timestep: 900, sample: sample, using: &first)
        let noise = try second.randn(shape: sample.shape)
        #expect(try found == scheduler.step(sample, timestep: 900, sample: sample) { _ in noise })
        #expect(try found != scheduler.step(sample, timestep: 900, sample: sample) { _ in 2 * noise })
    }

    @Test(arguments: ["Euler a", "DPM++ 2M SDE", "LCM", "TCD"])
    func aMethodWithNoiseDrawsItOnce(name: String) throws {
        let (sample, other) = try (sample.get(), other.get())
        let sampler = try Sampler(named: name)
        var configuration = sampler.kind.defaultConfiguration
        sampler.apply(to: &configuration)
        var scheduler = try sampler.kind.make(configuration)
        try scheduler.setTimesteps(10)
        let timestep = scheduler.timesteps[0]
        #expect(throws: SchedulerError.needsNoise) {
            try scheduler.step(sample, timestep: timestep, sample: sample)
        }
        #expect(throws: LatentsError.self) {
            try scheduler.step(sample, timestep: timestep, sample: sample, noise: { _ in other })
        }
        var draws = 0
        _ = try scheduler.step(sample, timestep: timestep, sample: sample) { shape in
            draws += 1
            return try sameNoise(shape)
        }
        #expect(draws == 1)
    }

    /// A batch is not one large picture: `torch.quantile` runs over each.
    @Test func thresholdingTreatsEveryPictureAlone() throws {
        var generator = NoiseGenerator(seed: 5)
        var configuration = DDIMScheduler.defaultConfiguration
        configuration.thresholding = true
        configuration.sampleMaxValue = 3
        configuration.dynamicThresholdingRatio = 0.9
        let small = try Latents.randn(shape: [1, 4, 4, 4], using: &generator)
        let pictures = try [small, 20 * Latents.randn(shape: [1, 4, 4, 4], using: &generator)]
        func painted(_ start: Latents) throws -> Latents {
            var scheduler: any Scheduler = try DDIMScheduler(configuration)
            try scheduler.setTimesteps(5)
            return try scheduler.timesteps.reduce(start) { try advance(&scheduler, $0, $1) }
        }
        let together = try painted(Latents.concatenated(pictures))
        #expect(try together.chunked(2) == pictures.map(painted))
        let asOne = try Latents(shape: [1, 8, 4, 4], values: Latents.concatenated(pictures).values)
        #expect(try painted(asOne).values != together.values)
    }

    /// What a caller sets in code is checked like what a file says.
    @Test(arguments: [Double.nan, .infinity, -.infinity, -1, 1e308])
    func numbersThatMakeNoSenseAreRefused(number: Double) throws {
        let paths: [WritableKeyPath<SchedulerConfiguration, Double>] = [
            \.betaStart, \.betaEnd, \.clipSampleRange, \.dynamicThresholdingRatio, \.sampleMaxValue, \.eta,
        ]
        for kind in SchedulerKind.allCases {
            for path in paths {
                var configuration = kind.defaultConfiguration
                configuration[keyPath: path] = number
                expectError { _ = try kind.make(configuration) }
            }
            var configuration = kind.defaultConfiguration
            configuration.trainedBetas = [Double](repeating: number, count: 1000)
            expectError { _ = try kind.make(configuration) }
            for count in [0, -1, .min, .max] {
                configuration = kind.defaultConfiguration
                configuration.numTrainTimesteps = count
                expectError { _ = try kind.make(configuration) }
            }
        }
    }

    @Test func aCallerChangesTheConfigurationOfAFile() throws {
        let json = [UInt8](#"{"_class_name": "LMSDiscreteScheduler", "beta_schedule": "scaled_linear"}"#.utf8)
        var scheduler = try makeScheduler(kind: nil, configurationJSON: json) { $0.useKarrasSigmas = true }
        try scheduler.setTimesteps(10)
        var configuration = try SchedulerKind.lms.configuration(json: json)
        #expect(configuration.betaSchedule == .scaledLinear && !configuration.useKarrasSigmas)
        var plain = try LMSDiscreteScheduler(configuration)
        try plain.setTimesteps(10)
        configuration.useKarrasSigmas = true
        var karras = try LMSDiscreteScheduler(configuration)
        try karras.setTimesteps(10)
        #expect(scheduler.sigmas == karras.sigmas && scheduler.sigmas != plain.sigmas)
    }
}
