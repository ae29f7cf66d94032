// What SDLite's interface mentions can be named after `import SDLite` alone: tensors and where they are computed, and
// what can be wrong with a file.
@_exported import Kernels

@_exported import enum Quant.FormatError
