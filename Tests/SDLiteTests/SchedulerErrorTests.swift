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
        #expect(SchedulerKind.names == "pndm, ddim, lms, euler, euler-a, heun, dpm++-2m, unipc, lcm or tcd")
        #expect(throws: SchedulerError.unknownScheduler("dpm", known: SchedulerKind.names)) {
            try SchedulerKind(named: "dpm")
        }
    }

    @Test(arguments: [
        ("Euler", SchedulerKind.euler, nil, nil), ("Euler a", .eulerAncestral, nil, nil),
        ("k_euler_a", .eulerAncestral, nil, nil), ("EulerAncestralDiscreteScheduler", .eulerAncestral, nil, nil),
        ("euler_a", .eulerAncestral, nil, nil), ("LMS Karras", .lms, nil, SigmaSpacing.karras),
        ("DPM++ 2M", .dpmSolver, AlgorithmType.dpmSolverPlusPlus, nil),
        ("DPM++ 2M Karras", .dpmSolver, .dpmSolverPlusPlus, .karras),
        ("dpmpp_2m", .dpmSolver, .dpmSolverPlusPlus, nil), ("k_dpmpp_2m_sde", .dpmSolver, .sdeDPMSolverPlusPlus, nil),
        ("dpm++2m", .dpmSolver, .dpmSolverPlusPlus, nil), ("DPMSolverMultistepScheduler", .dpmSolver, nil, nil),
        ("DPM++ 2M SDE Exponential", .dpmSolver, .sdeDPMSolverPlusPlus, .exponential),
        ("UniPC Beta", .unipc, nil, .beta), ("LCM", .lcm, nil, nil), ("TCDScheduler", .tcd, nil, nil),
    ])
    func familiarNames(
        _ name: String, _ kind: SchedulerKind, _ algorithm: AlgorithmType?, _ spacing: SigmaSpacing?
    )
        throws
    {
        let sampler = try Sampler(named: name)
        #expect(sampler.kind == kind && sampler.algorithmType == algorithm && sampler.sigmaSpacing == spacing)
        var configuration = kind.defaultConfiguration
        sampler.apply(to: &configuration)
        let made = try #require(Sampler(of: kind.make(configuration)))
        #expect(made.kind == kind && made.sigmaSpacing == spacing)
        // A1111's name is understood again.
        #expect(try Sampler(named: made.displayName).displayName == made.displayName)
    }

    @Test(arguments: ["", "Karras", "DPM++", "DPM++ SDE", "2M SDE", "DPM++ 2M SDE SDE", "Euler SDE", "lms2msde"])
    func namesOfNoSampler(_ name: String) {
        #expect(throws: SchedulerError.unknownScheduler(name, known: Sampler.names)) { try Sampler(named: name) }
    }

    @Test(arguments: SchedulerKind.allCases, SigmaSpacing.allCases)
    func noiseLevelsOfAKind(_ kind: SchedulerKind, _ spacing: SigmaSpacing) throws {
        guard kind.hasSigmaSpacing else {
            let known = ["lms", "euler", "heun", "dpm++-2m", "unipc"]
            #expect(throws: SchedulerError.noSigmaSpacing(spacing, scheduler: kind.displayName, known: known)) {
                try Sampler(kind, sigmas: spacing)
            }
            // As in diffusers, where the class does not know the setting.
            let plain = try Self.make("{}", kind)
            let other = try Self.make("{\"\(spacing.option)\": true}", kind)
            #expect(Sampler(of: plain) == Sampler(of: other))
            return
        }
        let named = try Sampler(named: "\(kind.displayName) \(spacing.rawValue)")
        #expect(try Sampler(kind, sigmas: spacing).sigmaSpacing == named.sigmaSpacing && named.kind == kind)
    }

    @Test func everyNameIsThatOfOneKind() throws {
        for kind in SchedulerKind.allCases {
            #expect(try SchedulerKind(named: kind.rawValue) == kind)
            #expect(try SchedulerKind(named: kind.className) == kind)
        }
    }

    @Test func unknownClass() throws {
        let deis = #"{"_class_name": "DEISMultistepScheduler"}"#
        #expect(
            Self.message(deis) == "scheduler_config.json names \"DEISMultistepScheduler\", which this program does "
                + "not have: choose a scheduler, \(SchedulerKind.names)")
        #expect(try Self.make(deis, .ddim) is DDIMScheduler)
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
        for (option, value, kind) in [
            ("use_lu_lambdas", "true", SchedulerKind.dpmSolver), ("use_flow_sigmas", "true", .unipc),
            ("lambda_min_clipped", "-5.1", .dpmSolver), ("variance_type", "\"learned\"", .dpmSolver),
            ("sigma_max", "80", .euler), ("sigma_min", "0.002", .unipc),
            ("interpolation_type", "\"log_linear\"", .euler),
            ("timestep_type", "\"continuous\"", .euler), ("predict_x0", "false", .unipc),
            ("disable_corrector", "[0]", .unipc), ("solver_p", "{}", .unipc),
        ] {
            let json = "{\"\(option)\": \(value)}"
            #expect(throws: SchedulerError.unsupportedOption(option), "\(json)") { try Self.make(json, kind) }
            #expect(try Self.make(json, .ddim) is DDIMScheduler)
        }
        for kind in SchedulerKind.allCases where kind.hasSigmaSpacing {
            #expect(
                Self.message(#"{"use_karras_sigmas": true, "use_exponential_sigmas": true}"#, kind)
                    .contains("use_karras_sigmas together with use_exponential_sigmas"))
        }
    }

    /// What diffusers writes into files whether it is in use or not.
    @Test func optionsThatAreOff() throws {
        let json = """
            {"lambda_min_clipped": -Infinity, "variance_type": null, "use_flow_sigmas": false, "use_lu_lambdas": false,
            "sigma_min": null, "sigma_max": null, "interpolation_type": "linear", "timestep_type": "discrete",
            "predict_x0": true, "disable_corrector": [], "solver_p": null}
            """
        for kind in SchedulerKind.allCases { _ = try Self.make(json, kind) }
    }

    @Test func solversThatAreNotThere() throws {
        #expect(
            Self.message(#"{"algorithm_type": "dpmsolver"}"#, .dpmSolver).contains("expected one of dpmsolver++, sde"))
        for kind in [SchedulerKind.dpmSolver, .unipc] {
            for order in ["0", "4", "-1"] {
                #expect(
                    Self.message("{\"solver_order\": \(order)}", kind).contains(
                        "solver_order is \(order), expected 1 to 3"))
            }
        }
        #expect(Self.message(#"{"lower_order_final": false}"#, .unipc).contains("lower_order_final is false"))
        for kind in [SchedulerKind.lcm, .tcd] {
            for (option, value) in [("original_inference_steps", "0"), ("original_inference_steps", "1001")] {
                #expect(Self.message("{\"\(option)\": \(value)}", kind).contains("\(option) is \(value), expected 1"))
            }
        }
        #expect(Self.message(#"{"prediction_type": "sample"}"#, .eulerAncestral).contains("epsilon, v_prediction"))
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
        let most =
            switch kind {
            case .dpmSolver, .unipc: 999  // Their linspace has one timestep more.
            case .lcm, .tcd: 50
            default: 1000
            }
        #expect(throws: SchedulerError.stepCount(count, allowed: 1...most)) { try scheduler.setTimesteps(count) }
        try scheduler.setTimesteps(most - 1)
    }

    @Test func rungeKuttaNeedsFourSteps() throws {
        var scheduler = try Self.make("{}", .pndm)
        #expect(throws: SchedulerError.stepCount(3, allowed: 4...1000)) { try scheduler.setTimesteps(3) }
        try scheduler.setTimesteps(4)
        #expect(scheduler.timesteps.count == 13)
    }

    @Test(arguments: SchedulerKind.allCases.filter { ![.lcm, .tcd].contains($0) })
    func offsetBeyondTraining(_ kind: SchedulerKind) throws {
        let json = #"{"steps_offset": 1, "timestep_spacing": "leading", "skip_prk_steps": true}"#
        var scheduler = try Self.make(json, kind)
        let error = SchedulerError.timestepBeyondTraining(timestep: 1000, stepsOffset: 1, numTrainTimesteps: 1000)
        let isSolver = [.dpmSolver, .unipc].contains(kind)
        #expect(throws: error) { try scheduler.setTimesteps(isSolver ? 999 : 1000) }
        try scheduler.setTimesteps(isSolver ? 998 : 999)
    }

    /// Every number of steps that is accepted runs to its end, whatever the spacing.
    @Test(arguments: SchedulerKind.allCases, TimestepSpacing.allCases)
    func allStepCountsRun(_ kind: SchedulerKind, _ spacing: TimestepSpacing) throws {
        for skip in [true, false] {
            let json = """
                {"num_train_timesteps": 61, "skip_prk_steps": \(skip), "timestep_spacing": "\(spacing.rawValue)"}
                """
            var scheduler = try Self.make(json, kind)
            let most =
                switch kind {
                case .dpmSolver, .unipc: 59  // Their leading has one timestep more.
                case .lcm, .tcd: 50
                default: 60
                }
            for count in (skip || kind != .pndm ? 1 : 4)...most {
                try scheduler.setTimesteps(count)
                var sample = try Latents(shape: [1, 1, 1, 2], values: [1, -0.5])
                for timestep in scheduler.timesteps { sample = try advance(&scheduler, sample, timestep) }
                #expect(sample.values.allSatisfy { $0.isFinite }, "\(json), \(count) steps")
            }
        }
    }
}
