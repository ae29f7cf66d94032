// Single parts of the pipeline from the shell, for compare.py. Tensors are files of little-endian float32.
//     sd-lite-tensors MODEL.sdq OUT text PROMPT...                                    -> [prompts, 77, channels]
//     sd-lite-tensors MODEL.sdq OUT unet LATENTS N C H W TIMESTEP ENCODER_STATES      -> [N, C, H, W]
//     sd-lite-tensors MODEL.sdq OUT vae LATENTS N C H W                               -> [N, 8H, 8W, 3]
//     sd-lite-tensors MODEL.sdq OUT tiny LATENTS N C H W                              -> [N, 8H, 8W, 3]
//     sd-lite-tensors MODEL.sdq OUT tiny-encode PICTURE                               -> [1, C, H/8, W/8]
//     sd-lite-tensors MODEL.sdq OUT safety PICTURE...                                 -> [pictures, 20]
//     sd-lite-tensors MODEL.sdq OUT encode PICTURE.png MEGABYTES                      -> [2, C, H/8, W/8]
// The last gives means and logarithms of variances, works within a limit of memory, with nothing but the autoencoder
// loaded, and prints the most memory that was resident.
import FoundationEssentials
import Glibc
import Kernels
import SDLite
import Terminal

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
    return try Latents(shape: shape, values: readFloats(arguments[0]))
}

/// The tensor that the arguments ask for, in C order.
func compute(_ part: String, _ arguments: [String], with pipeline: Pipeline) throws -> [Float] {
    switch (part, arguments.count) {
    case ("text", 1...):
        return try pipeline.textEncoder(arguments.map { pipeline.tokenizer.encode($0).ids }).values
    case ("unet", 7):
        let input = try latents(arguments)
        let states = try readFloats(arguments[6])
        let channels = pipeline.unet.contextChannels
        guard let timestep = Double(arguments[5]) else { throw Usage() }
        let encoderHiddenStates = Tensor(
            [input.shape[0], states.count / input.shape[0] / channels, channels], values: states)
        return try pipeline.unet(input, timestep: timestep, encoderHiddenStates: encoderHiddenStates).values
    case ("vae", 5):
        return try pipeline.vae.decode(scaled: latents(arguments)).values
    case ("tiny", 5):
        guard let vae = pipeline.tinyVAE else { throw Usage() }
        return try vae.decode(latents(arguments)).values
    case ("tiny-encode", 1):
        guard let vae = pipeline.tinyVAE else { throw Usage() }
        return try vae.encode(Image(contentsOf: arguments[0])).values
    case ("safety", 1...):
        guard let checker = pipeline.safetyChecker else { throw Usage() }
        return try arguments.flatMap { try checker.excess(of: Image(contentsOf: $0)) }
    default:
        throw Usage()
    }
}

func encode(_ arguments: [String], with model: Model) throws -> [Float] {
    guard arguments.count == 2, let limit = Int(arguments[1]) else { throw Usage() }
    let image = try Image(contentsOf: arguments[0])
    let found = try model.vae().encode([image], memoryLimit: limit * 1_000_000)
    print(MemoryUsage.peak)
    return found.mean.values + found.logVariance.values
}

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count > 3 else { throw Usage() }
    let model = try Model(path: arguments[0])
    let (part, rest) = (arguments[2], Array(arguments[3...]))
    let values = try part == "encode" ? encode(rest, with: model) : compute(part, rest, with: Pipeline(model: model))
    try writeFloats(values, to: arguments[1])
} catch {
    printError("error: \(error)")
    exit(1)
}
