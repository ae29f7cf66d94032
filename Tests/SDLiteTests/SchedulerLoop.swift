@testable import SDLite

/// The model that diffusers tests its schedulers with (`dummy_model` in its `test_schedulers.py`).
func dummyModel(_ sample: [Float], _ timestep: Double) -> [Float] {
    let time = Float(timestep)
    return sample.map { $0 * time / (time + 1) }
}

/// For methods that must not ask for noise.
func noNoise(_ count: Int) -> [Float] {
    preconditionFailure("a deterministic step asked for noise")
}

/// Scale, model, step, as a pipeline does it.
func advance(_ scheduler: inout any Scheduler, _ sample: [Float], _ timestep: Double) -> [Float] {
    let output = dummyModel(scheduler.scaleModelInput(sample, timestep: timestep), timestep)
    return scheduler.step(output, timestep: timestep, sample: sample, noise: noNoise)
}
