import Glibc
// The pipeline taken apart, as in the article "Stable Diffusion with Diffusers":
//     custom-loop MODEL.sdq "PROMPT" PICTURE.png [STEPS]
import SDLite

guard CommandLine.arguments.count >= 4 else {
    print("usage: custom-loop MODEL.sdq \"PROMPT\" PICTURE.png [STEPS]")
    exit(2)
}
let arguments = CommandLine.arguments
let steps = arguments.count > 4 ? Int(arguments[4]) ?? 20 : 20

// 1. The parts of the pipeline.
let pipeline = try Pipeline(model: Model(path: arguments[1]))
let (tokenizer, textEncoder, unet, vae) = (pipeline.tokenizer, pipeline.textEncoder, pipeline.unet, pipeline.vae)
let guidanceScale: Float = 7.5
let size = pipeline.model.defaultSize / vae.scale
var scheduler = try pipeline.model.scheduler(.lms)
try scheduler.setTimesteps(steps)

// 2. The prompt, and the empty one that guidance compares with, as hidden states of the text encoder.
let encoderHiddenStates = try textEncoder(["", arguments[2]].map { tokenizer.encode($0).ids })

// 3. Noise to start from.
var generator = NoiseGenerator(seed: 32)
let noise = try Latents.randn(shape: [1, vae.latentChannels, size, size], using: &generator)
var latents = noise * scheduler.initNoiseSigma

// 4. Step by step from noise to picture.
for timestep in scheduler.timesteps {
    let input = try scheduler.scaleModelInput(latents.repeated(2), timestep: timestep)
    let noise = try unet(input, timestep: timestep, encoderHiddenStates: encoderHiddenStates).chunked(2)
    let guided = try noise[0] + guidanceScale * (noise[1] - noise[0])
    latents = try scheduler.step(guided, timestep: timestep, sample: latents)
}

// 5. From latents to pixels.
try Image(vae.decode(scaled: latents)).writePNG(to: arguments[3])
