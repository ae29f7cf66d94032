import Testing

@testable import SDLite

/// The sums that diffusers publishes for the samplers of its `tests/schedulers/test_scheduler_{euler, euler_ancestral,
/// heun, dpm_multi, unipc, lcm, tcd}.py`, with the configurations, the sample and the tolerances of those files: 1e-2 of
/// sums and 1e-3 of means.
@Suite struct SamplerPublishedSumsTests {
    typealias Change = (inout SchedulerConfiguration) -> Void

    /// The absolute values of 768 numbers, which may be published as their sum or as their mean.
    static func expect(
        _ kind: SchedulerKind, sum: Double? = nil, mean: Double? = nil, steps: Int = 10, start: Int = 0,
        change: Change = { _ in }
    ) throws {
        var configuration = kind.defaultConfiguration
        let scalesInPlace = [.euler, .eulerAncestral, .heun].contains(kind)
        if scalesInPlace {
            configuration.numTrainTimesteps = 1100
            (configuration.betaStart, configuration.betaEnd) = (0.0001, 0.02)
        }
        change(&configuration)
        let found = try SchedulerPublishedSumsTests.fullLoop(
            kind.make(configuration), steps: steps, start: start, scaleInPlace: scalesInPlace)
        if let sum { #expect(abs(found - sum) < 1e-2, "\(kind)") }
        if let mean { #expect(abs(found / 768 - mean) < 1e-3, "\(kind)") }
    }

    @Test func euler() throws {
        try Self.expect(.euler, sum: 10.0807, mean: 0.0131)
        try Self.expect(.euler, sum: 0.0002, mean: 2.2676e-06) { $0.predictionType = .velocity }
        try Self.expect(.euler, sum: 124.52299, mean: 0.16213932) { $0.useKarrasSigmas = true }
    }

    @Test func eulerAncestral() throws {
        try Self.expect(.eulerAncestral, sum: 152.3192, mean: 0.1983)
        try Self.expect(.eulerAncestral, sum: 108.4439, mean: 0.1412) { $0.predictionType = .velocity }
        try Self.expect(.eulerAncestral, sum: 56163.0508, mean: 73.1290, start: 8)
    }

    @Test func heun() throws {
        try Self.expect(.heun, sum: 0.1233, mean: 0.0002)
        try Self.expect(.heun, sum: 4.6934e-07, mean: 6.1112e-10) { $0.predictionType = .velocity }
        try Self.expect(.heun, sum: 0.00015, mean: 1.98695e-07) { $0.useKarrasSigmas = true }
    }

    @Test func dpmSolver() throws {
        func expect(_ mean: Double, change: Change = { _ in }) throws {
            try Self.expect(.dpmSolver, mean: mean) {
                ($0.lowerOrderFinal, $0.finalSigmasType) = (false, .sigmaMin)
                change(&$0)
            }
        }
        try expect(0.3301)
        try expect(0.2251) { $0.predictionType = .velocity }
        try expect(1.1364) {
            $0.thresholding = true
            ($0.dynamicThresholdingRatio, $0.sampleMaxValue) = (0.87, 0.5)
        }
    }

    @Test func unipc() throws {
        func expect(_ mean: Double, sum: Double? = nil, start: Int = 0, change: Change = { _ in }) throws {
            try Self.expect(.unipc, sum: sum, mean: mean, start: start) {
                ($0.finalSigmasType, $0.solverType) = (.sigmaMin, .bh2)
                change(&$0)
            }
        }
        try expect(0.2464)
        try expect(0.1014) { $0.predictionType = .velocity }
        try expect(0.2925) { $0.useKarrasSigmas = true }
        try expect(0.1966) { ($0.predictionType, $0.useKarrasSigmas) = (.velocity, true) }
        try expect(0.4109, sum: 315.5757, start: 8)
    }

    @Test func consistencyModels() throws {
        try Self.expect(.lcm, sum: 18.7097, mean: 0.0244, steps: 1)
        try Self.expect(.lcm, sum: 197.7616, mean: 0.2575)
        try Self.expect(.tcd, sum: 29.8715, mean: 0.0389, steps: 1) { $0.eta = 0 }
        try Self.expect(.tcd, sum: 181.2040, mean: 0.2359) { $0.eta = 0 }
    }
}
