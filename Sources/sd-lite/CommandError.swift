/// What can be wrong with the files that options name, beyond what the library finds.
enum CommandError: Error, CustomStringConvertible {
    case outputFolder(file: String, reason: String)
    case latentShape(file: String, shape: [Int])
    case badDocument(file: String, document: String, reason: String)

    var description: String {
        switch self {
        case .outputFolder(let file, let reason):
            "\(file): cannot be written, because of its folder: \(reason)"
        case .latentShape(let file, let shape):
            "\(file): the latents have shape \(shape), expected [count, 4, height/8, width/8]"
        case .badDocument(let file, let document, let reason):
            "\(file): \(document): \(reason)"
        }
    }
}
