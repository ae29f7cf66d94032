@testable import SDLite

/// The model that diffusers tests its schedulers with (`dummy_model` in its `test_schedulers.py`).
func dummyModel(_ sample: Latents, _ timestep: Double) -> Latents {
    let time = Float(timestep)
    return sample * time / (time + 1)
}

/// Scale, model, step, as a pipeline does it, where noise is always the same unless drawn.
func advance(
    _ scheduler: inout any Scheduler, _ sample: Latents, _ timestep: Double,
    noise: ([Int]) throws -> Latents = sameNoise
) throws -> Latents {
    let output = try dummyModel(scheduler.scaleModelInput(sample, timestep: timestep), timestep)
    return try scheduler.step(output, timestep: timestep, sample: sample, noise: noise)
}

func sameNoise(_ shape: [Int]) throws -> Latents {
    try Latents(shape: shape, values: [Float](repeating: 0.5, count: shape.reduce(1, *)))
}
