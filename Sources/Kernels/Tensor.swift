/// A dense float32 array, the last dimension contiguous. Activations are `[batch, height, width, channels]` or
/// `[batch, tokens, channels]`. A reference type: layers hand tensors on, and the memory goes with the last holder.
public final class Tensor: @unchecked Sendable {
    public let shape: [Int]
    public let count: Int
    let pointer: UnsafeMutablePointer<Float>
    private let owner: Owner

    private enum Owner {
        case memory(UnsafeMutableRawBufferPointer, Arena)
        case tensor(Tensor)
    }

    /// Memory of its own, uninitialised.
    public convenience init(_ shape: [Int]) { self.init(shape, in: Arena()) }

    /// Uninitialised memory of the given shape. It is a little longer, so that whole vectors may be read.
    init(_ shape: [Int], in arena: Arena) {
        self.shape = shape
        count = shape.reduce(1, *)
        let memory = arena.take((count + 16) * MemoryLayout<Float>.stride)
        owner = .memory(memory, arena)
        pointer = memory.baseAddress!.bindMemory(to: Float.self, capacity: count + 16)
        (pointer + count).initialize(repeating: 0, count: 16)
    }

    /// Rows of another tensor, where they lie.
    private init(_ tensor: Tensor, rows: Range<Int>) {
        shape = [rows.count, tensor.channels]
        count = rows.count * tensor.channels
        pointer = tensor.pointer + rows.lowerBound * tensor.channels
        owner = .tensor(tensor)
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

    deinit {
        if case .memory(let memory, let arena) = owner { arena.giveBack(memory) }
    }

    /// A part of the rows, `[range.count, channels]`, sharing this tensor's memory.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return Tensor(self, rows: range)
    }

    public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// The size of the last dimension.
    public var channels: Int { shape[shape.count - 1] }

    /// The number of last-dimension rows.
    public var rows: Int { count / channels }
}
