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
let guidanceScale: Float = 7.5

// 1. The parts of the pipeline.
let pipeline = try Pipeline(model: Model(path: arguments[1]))
let (tokenizer, textEncoder, unet, vae) = (pipeline.tokenizer, pipeline.textEncoder, pipeline.unet, pipeline.vae)
var scheduler = try makeScheduler(kind: .lms, configurationJSON: pipeline.model.schedulerConfiguration)

// 2. The prompt, and the empty one that guidance compares with, as hidden states of the text encoder.
let encoderHiddenStates = try textEncoder(["", arguments[2]].map { tokenizer.encode($0).ids })

// 3. Noise to start from.
var generator = NoiseGenerator(source: .cpu, seed: 32)
let size = pipeline.model.defaultSize / vae.scale
var latents = Latents(shape: [1, unet.inChannels, size, size], values: generator.normal(unet.inChannels * size * size))
try scheduler.setTimesteps(steps)
latents.values = latents.values.map { $0 * scheduler.initNoiseSigma }

// 4. Step by step from noise to picture.
for timestep in scheduler.timesteps {
    var input = latents.repeated(2)
    input.values = scheduler.scaleModelInput(input.values, timestep: timestep)
    let noise = try unet(input, timestep: timestep, encoderHiddenStates: encoderHiddenStates)
    let guided = zip(noise[0].values, noise[1].values).map { unconditional, conditional in
        unconditional + guidanceScale * (conditional - unconditional)
    }
    latents.values = scheduler.step(guided, timestep: timestep, sample: latents.values, noise: { generator.normal($0) })
}

// 5. From latents to pixels.
try Image(vae.decode(latents)).writePNG(to: arguments[3])
