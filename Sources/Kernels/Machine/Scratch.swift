/// Uninitialised memory of every worker's own, aligned to 64 bytes, for the length of an operation.
struct Scratch {
    private let memory: Tensor
    private let stride: Int

    /// Workers' parts do not begin at the same place of a page, lest they share cache sets.
    private static let padding = 192

    init(_ bytesPerWorker: Int, workers: Int, in arena: Arena) throws(MachineError) {
        stride = (bytesPerWorker + 63) / 64 * 64 + Self.padding
        memory = try Tensor([workers * stride / MemoryLayout<Float>.stride], in: arena)
    }

    subscript(worker: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(memory.pointer) + worker * stride }
}
