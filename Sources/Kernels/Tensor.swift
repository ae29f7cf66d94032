/// A dense float32 array, the last dimension contiguous. Activations are `[batch, height, width, channels]` or
/// `[batch, tokens, channels]`. A reference type: layers hand tensors on, and the memory goes with the last holder.
public final class Tensor: @unchecked Sendable {
    public let shape: [Int]
    public let count: Int
    let pointer: UnsafeMutablePointer<Float>
    private let memory: UnsafeMutableRawBufferPointer
    private let arena: Arena

    /// Memory of its own, uninitialised.
    public convenience init(_ shape: [Int]) { self.init(shape, in: Arena()) }

    /// Uninitialised memory of the given shape. It is a little longer, so that whole vectors may be read.
    init(_ shape: [Int], in arena: Arena) {
        self.shape = shape
        self.arena = arena
        count = shape.reduce(1, *)
        memory = arena.take((count + 16) * MemoryLayout<Float>.stride)
        pointer = memory.baseAddress!.bindMemory(to: Float.self, capacity: count + 16)
        (pointer + count).initialize(repeating: 0, count: 16)
    }

    public convenience init(_ shape: [Int], values: [Float]) {
        self.init(shape)
        precondition(values.count == count, "\(values.count) values for shape \(shape)")
        values.withUnsafeBufferPointer { pointer.update(from: $0.baseAddress!, count: count) }
    }

    public convenience init(_ shape: [Int], repeating value: Float) {
        self.init(shape)
        pointer.update(repeating: value, count: count)
    }

    deinit { arena.giveBack(memory) }

    public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// The size of the last dimension.
    public var channels: Int { shape[shape.count - 1] }

    /// The number of last-dimension rows.
    public var rows: Int { count / channels }
}
