// What SDLite's interface mentions can be named after `import SDLite` alone: tensors and where they are computed, and
// what can be wrong with a file.
import FoundationEssentials
@_exported import Kernels

@_exported import enum Quant.FormatError

extension MachineError: LocalizedError {
    public var errorDescription: String? { description }
}

extension ComputeError: LocalizedError {
    public var errorDescription: String? { description }
}
