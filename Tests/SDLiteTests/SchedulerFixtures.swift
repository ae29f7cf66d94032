import TestFiles
import Testing

@testable import SDLite

/// Tests/Fixtures/schedulers, made by Tests/Fixtures/make_schedulers.py with diffusers 0.42.1 and torch 2.13.
enum SchedulerFixtures {
    /// Runs of schedulers that start from the same sample.
    struct Runs: Decodable {
        var original: Pictures
        /// The first sample's noise, then that of each step of a stochastic method.
        var noise: [Pictures]
        var cases: [Run]
    }

    /// Two pictures, for dynamic thresholding (`SHAPE` in make_schedulers.py).
    struct Pictures: Decodable {
        let latents: Latents

        init(from decoder: any Decoder) throws {
            let values = try decoder.singleValueContainer().decode([Float].self)
            latents = try Latents(shape: [2, 1, 2, 2], values: values)
        }
    }

    struct Run: Decodable, CustomTestStringConvertible {
        var kind: String
        /// The scheduler is the one that the file names; only in from_config.json.
        var own: Bool?
        /// The text of a scheduler_config.json.
        var file: String
        var steps: Int
        /// The position in `timesteps` that the loop starts at.
        var start: Int
        var eta: Double
        var timesteps: [Double]
        var sigmas: [Float]
        var initNoiseSigma: Float
        /// The steps that draw noise, from 1.
        var draws: [Int]
        /// The first sample, and the one after each step.
        var trajectory: [[Float]]

        var testDescription: String { "\(kind) \(steps) steps from \(start), eta \(eta), \(file)" }
    }

    struct Alphas: Decodable {
        var file: String
        /// One in how many timesteps `values` has.
        var every: Int
        var values: [Float]
    }

    static func load<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try Fixtures.decode(type, "schedulers/\(name)")
    }
}
