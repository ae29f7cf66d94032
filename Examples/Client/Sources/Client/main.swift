// A package of its own that uses the library as anybody would: client MODEL.sdq "PROMPT" PICTURE.png STEPS
import SDLite

let arguments = CommandLine.arguments
guard arguments.count == 5, let steps = Int(arguments[4]) else {
    fatalError("usage: client MODEL.sdq \"PROMPT\" PICTURE.png STEPS")
}
let (prompt, picture) = (arguments[2], arguments[3])
let pipeline = try Pipeline(model: Model(path: arguments[1]))

// A painting that is not wanted any more stops within a layer.
let unwanted = Task { try await pipeline.generate(GenerationOptions(prompt: prompt, steps: 900)) }
unwanted.cancel()
do {
    print(try await unwanted.value)
} catch is CancellationError {
    print("cancelled")
}

// The loop from the article "Stable Diffusion with Diffusers".
var scheduler = try pipeline.model.scheduler(.lms)
try scheduler.setTimesteps(steps)
let encoderHiddenStates = try pipeline.textEncoder(["", prompt].map { pipeline.tokenizer.encode($0).ids })
var generator = NoiseGenerator(seed: 32)
let size = pipeline.model.defaultSize / pipeline.vae.scale
let noise = try Latents.randn(shape: [1, pipeline.vae.latentChannels, size, size], using: &generator)
var latents = noise * scheduler.initNoiseSigma
for timestep in scheduler.timesteps {
    let input = try scheduler.scaleModelInput(latents.repeated(2), timestep: timestep)
    let noise = try pipeline.unet(input, timestep: timestep, encoderHiddenStates: encoderHiddenStates).chunked(2)
    let guided = try noise[0] + 7.5 * (noise[1] - noise[0])
    latents = try scheduler.step(guided, timestep: timestep, sample: latents)
}
try Image(pipeline.vae.decode(scaled: latents)).writePNG(to: picture)

// What was written can be read.
print(try Image(contentsOf: picture))
