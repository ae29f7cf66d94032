// Single parts of the pipeline from the shell, for compare.py. Tensors are files of little-endian float32.
//     sd-lite-tensors MODEL.sdq OUT text PROMPT...                                    -> [prompts, 77, channels]
//     sd-lite-tensors MODEL.sdq OUT unet LATENTS N C H W TIMESTEP ENCODER_STATES      -> [N, C, H, W]
//     sd-lite-tensors MODEL.sdq OUT vae LATENTS N C H W                               -> [N, 8H, 8W, 3]
import FoundationEssentials
import Kernels
import SDLite

struct Usage: Error, CustomStringConvertible {
    let description = "see the first lines of parity/Tensors/main.swift for the arguments"
}

func readFloats(_ path: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(filePath: path))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

func writeFloats(_ values: [Float], to path: String) throws {
    try values.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
}

func latents(_ arguments: [String]) throws -> Latents {
    let shape = arguments.dropFirst().prefix(4).compactMap { Int($0) }
    guard shape.count == 4 else { throw Usage() }
    return Latents(shape: shape, values: try readFloats(arguments[0]))
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4 else { throw Usage() }
let pipeline = try Pipeline(model: Model(path: arguments[0]))
let rest = Array(arguments.dropFirst(3))

let result: [Float]
switch (arguments[2], rest.count) {
case ("text", _):
    result = try pipeline.textEncoder(rest.map { pipeline.tokenizer.encode($0).ids }).values
case ("unet", 7):
    let input = try latents(rest)
    let states = try readFloats(rest[6])
    let channels = pipeline.unet.contextChannels
    let tokens = states.count / input.shape[0] / channels
    guard let timestep = Double(rest[5]) else { throw Usage() }
    result = try pipeline.unet(
        input, timestep: timestep,
        encoderHiddenStates: Tensor([input.shape[0], tokens, channels], values: states)).values
case ("vae", 5):
    result = try pipeline.vae.decode(latents(rest)).values
default:
    throw Usage()
}
try writeFloats(result, to: arguments[1])
