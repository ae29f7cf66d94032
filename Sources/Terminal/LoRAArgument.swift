import ArgumentParser
import FoundationEssentials

/// `FILE` or `FILE:SCALE`, as both commands take a LoRA.
package struct LoRAArgument: ExpressibleByArgument, Equatable, Sendable {
    package let path: String
    package let scale: Float

    /// A colon that belongs to the name of a file that there is begins no scale.
    package init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        guard let colon = argument.lastIndex(of: ":"), !FileManager.default.fileExists(atPath: argument),
            let scale = Float(argument[argument.index(after: colon)...])
        else {
            (path, scale) = (argument, 1)
            return
        }
        guard scale.isFinite, colon > argument.startIndex else { return nil }
        (path, self.scale) = (String(argument[..<colon]), scale)
    }

    package static let help = """
        A LoRA in a safetensors file, and how much of it (1 if not given; 0.5 is half of it). May be given several \
        times: they add up.
        """
    package static let valueName = "file[:scale]"
}
