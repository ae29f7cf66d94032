import Quant
import Testing

@testable import SDLite

@Suite struct SchedulerErrorTests {
    static func make(_ json: String, _ kind: SchedulerKind? = nil) throws -> any Scheduler {
        try makeScheduler(kind: kind, configurationJSON: [UInt8](json.utf8))
    }

    /// The message for a file that a scheduler of `kind` is made from.
    static func message(_ json: String, _ kind: SchedulerKind? = nil) -> String {
        do {
            _ = try make(json, kind)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func names() throws {
        #expect(try SchedulerKind(named: "lms") == .lms)
        #expect(try SchedulerKind(named: "LMSDiscreteScheduler") == .lms)
        #expect(try SchedulerKind(named: "PLMS") == .pndm)
        for name in ["k-lms", "k_lms", "K-LMS", "klms"] { #expect(try SchedulerKind(named: name) == .lms) }
        #expect(SchedulerKind.names == "pndm, ddim or lms")
        #expect(throws: SchedulerError.unknownScheduler("euler", known: SchedulerKind.names)) {
            try SchedulerKind(named: "euler")
        }
    }

    @Test func everyNameIsThatOfOneKind() throws {
        for kind in SchedulerKind.allCases {
            #expect(try SchedulerKind(named: kind.rawValue) == kind)
            #expect(try SchedulerKind(named: kind.className) == kind)
        }
    }

    @Test func unknownClass() throws {
        let euler = #"{"_class_name": "EulerDiscreteScheduler"}"#
        #expect(
            Self.message(euler) == "scheduler_config.json names \"EulerDiscreteScheduler\", which this program does "
                + "not have: choose a scheduler, pndm, ddim or lms")
        #expect(try Self.make(euler, .ddim) is DDIMScheduler)
    }

    @Test func missingClass() throws {
        #expect(throws: SchedulerError.missingClassName(known: SchedulerKind.names)) { try Self.make("{}") }
        #expect(try Self.make("{}", .pndm) is PNDMScheduler)
    }

    @Test(arguments: ["", "{", "[]", "7", "nonsense", "{\"beta_start\": \"x\"}", "{\"steps_offset\": 1.5}", "\u{0}"])
    func malformed(_ json: String) {
        let message = Self.message(json, .ddim)
        #expect(message.hasPrefix("scheduler_config.json: ") && !message.contains("\n"))
    }

    @Test func malformedNamesTheKey() {
        #expect(Self.message(#"{"beta_start": "x"}"#, .lms).contains("beta_start"))
    }

    @Test func deepNestingAndBadText() {
        #expect(Self.message(String(repeating: "[", count: 100_000), .ddim) != "no error")
        #expect(throws: FormatError.self) {
            try makeScheduler(kind: .ddim, configurationJSON: [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D])
        }
    }

    @Test(arguments: ["beta_schedule", "prediction_type", "timestep_spacing"])
    func unknownValue(_ option: String) {
        let message = Self.message("{\"\(option)\": \"sigmoid\"}", .ddim)
        #expect(message.hasPrefix("scheduler configuration: \(option) is \"sigmoid\", expected one of "))
    }

    @Test func pndmCannotPredictTheSample() throws {
        let json = #"{"prediction_type": "sample"}"#
        #expect(Self.message(json, .pndm).contains("expected one of epsilon, v_prediction"))
        #expect(try Self.make(json, .ddim) is DDIMScheduler)
    }

    @Test func unsupportedOptions() throws {
        let json = #"{"use_beta_sigmas": true}"#
        #expect(throws: SchedulerError.unsupportedOption("use_beta_sigmas")) { try Self.make(json, .lms) }
        #expect(try Self.make(json, .ddim) is DDIMScheduler)
        #expect(
            Self.message(#"{"use_karras_sigmas": true, "use_exponential_sigmas": true}"#, .lms)
                .contains("use_karras_sigmas together with use_exponential_sigmas"))
    }

    @Test(arguments: [
        ("num_train_timesteps", "0"), ("num_train_timesteps", "-1"), ("num_train_timesteps", "1000000000000"),
        ("beta_start", "0"), ("beta_start", "-0.1"), ("beta_end", "1"), ("beta_end", "1e300"),
        ("trained_betas", "[]"), ("trained_betas", "[0.1, 0.2]"), ("clip_sample_range", "-1"),
        ("dynamic_thresholding_ratio", "1.1"), ("sample_max_value", "-3"),
    ])
    func outOfRange(_ option: String, _ value: String) {
        #expect(Self.message("{\"\(option)\": \(value)}", .ddim).hasPrefix("scheduler configuration: \(option) is "))
    }

    /// From a file this is always 1, as in the pipeline.
    @Test(arguments: [-1, 1001, Int.max])
    func stepsOffsetOutOfRange(_ offset: Int) {
        var configuration = PNDMScheduler.defaultConfiguration
        configuration.stepsOffset = offset
        #expect(throws: SchedulerError.self) { try PNDMScheduler(configuration) }
    }

    @Test(arguments: [
        // All noise, no noise, and no noise between two timesteps.
        #"{"beta_start": 0.999, "beta_end": 0.999}"#,
        #"{"beta_start": 1e-9, "beta_end": 1e-9, "use_karras_sigmas": true}"#,
        #"{"trained_betas": [0.1, 0, 0.1, 0], "num_train_timesteps": 4}"#,
        #"{"trained_betas": [0.1, 0.1, 0.1, 1], "num_train_timesteps": 4, "use_karras_sigmas": true}"#,
    ])
    func unusableNoiseLevels(_ json: String) throws {
        var scheduler = try Self.make(json, .lms)
        #expect(throws: SchedulerError.unusableNoiseLevels) { try scheduler.setTimesteps(4) }
    }

    @Test func betasOutOfRange() {
        let json = #"{"num_train_timesteps": 2, "trained_betas": [0.1, -1]}"#
        #expect(Self.message(json, .lms) == "scheduler configuration: trained_betas is -1.0, expected 0.0 to 1.0")
    }

    @Test(arguments: [-0.1, 1.5, .nan, .infinity])
    func eta(_ eta: Double) {
        var configuration = DDIMScheduler.defaultConfiguration
        configuration.eta = eta
        #expect(throws: SchedulerError.self) { try DDIMScheduler(configuration) }
    }

    @Test(arguments: SchedulerKind.allCases, [0, -1, 1001, Int.max, Int.min])
    func stepCount(_ kind: SchedulerKind, _ count: Int) throws {
        var scheduler = try Self.make(#"{"skip_prk_steps": true}"#, kind)
        #expect(throws: SchedulerError.stepCount(count, allowed: 1...1000)) { try scheduler.setTimesteps(count) }
    }

    @Test func rungeKuttaNeedsFourSteps() throws {
        var scheduler = try Self.make("{}", .pndm)
        #expect(throws: SchedulerError.stepCount(3, allowed: 4...1000)) { try scheduler.setTimesteps(3) }
        try scheduler.setTimesteps(4)
        #expect(scheduler.timesteps.count == 13)
    }

    @Test(arguments: SchedulerKind.allCases)
    func offsetBeyondTraining(_ kind: SchedulerKind) throws {
        let json = #"{"steps_offset": 1, "timestep_spacing": "leading", "skip_prk_steps": true}"#
        var scheduler = try Self.make(json, kind)
        let error = SchedulerError.timestepBeyondTraining(timestep: 1000, stepsOffset: 1, numTrainTimesteps: 1000)
        #expect(throws: error) { try scheduler.setTimesteps(1000) }
        try scheduler.setTimesteps(999)
    }

    /// Every number of steps that is accepted runs to its end, whatever the spacing.
    @Test(arguments: SchedulerKind.allCases, TimestepSpacing.allCases)
    func allStepCountsRun(_ kind: SchedulerKind, _ spacing: TimestepSpacing) throws {
        for skip in [true, false] {
            let json = """
                {"num_train_timesteps": 61, "skip_prk_steps": \(skip), "timestep_spacing": "\(spacing.rawValue)"}
                """
            var scheduler = try Self.make(json, kind)
            for count in (skip || kind != .pndm ? 1 : 4)...60 {
                try scheduler.setTimesteps(count)
                var sample = try Latents(shape: [1, 1, 1, 2], values: [1, -0.5])
                for timestep in scheduler.timesteps { sample = try advance(&scheduler, sample, timestep) }
                #expect(sample.values.allSatisfy { $0.isFinite }, "\(json), \(count) steps")
            }
        }
    }
}
