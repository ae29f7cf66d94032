@testable import SDLite

/// The model that diffusers tests its schedulers with (`dummy_model` in its `test_schedulers.py`).
func dummyModel(_ sample: Latents, _ timestep: Double) -> Latents {
    let time = Float(timestep)
    return sample * time / (time + 1)
}

/// Scale, model, step, as a pipeline does it.
func advance(_ scheduler: inout any Scheduler, _ sample: Latents, _ timestep: Double) throws -> Latents {
    let output = try dummyModel(scheduler.scaleModelInput(sample, timestep: timestep), timestep)
    return try scheduler.step(output, timestep: timestep, sample: sample)
}
