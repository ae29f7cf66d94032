/// A dense float32 array, the last dimension contiguous. Activations are `[batch, height, width, channels]` or
/// `[batch, tokens, channels]`. A reference type: layers hand tensors on, and the memory goes with the last holder.
public final class Tensor: @unchecked Sendable {
    public let shape: [Int]
    public let count: Int
    let pointer: UnsafeMutablePointer<Float>
    private let owner: Owner

    private enum Owner {
        case arena(UnsafeMutableRawBufferPointer, Arena)
        case heap(UnsafeMutableRawPointer)
        case tensor(Tensor)
    }

    /// Whole vectors may be read beyond the end.
    private static let slack = 16

    /// Memory of its own, uninitialised.
    public init(_ shape: [Int]) {
        self.shape = shape
        count = shape.reduce(1, *)
        let byteCount = (count + Self.slack) * MemoryLayout<Float>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: Arena.alignment)
        owner = .heap(memory)
        pointer = memory.bindMemory(to: Float.self, capacity: count + Self.slack)
        (pointer + count).initialize(repeating: 0, count: Self.slack)
    }

    /// Memory of the arena, uninitialised.
    init(_ shape: [Int], in arena: Arena) {
        self.shape = shape
        count = shape.reduce(1, *)
        let memory = arena.take((count + Self.slack) * MemoryLayout<Float>.stride)
        owner = .arena(memory, arena)
        pointer = memory.baseAddress!.bindMemory(to: Float.self, capacity: count + Self.slack)
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
        switch owner {
        case .arena(let memory, let arena): arena.giveBack(memory)
        case .heap(let memory): memory.deallocate()
        case .tensor: break
        }
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
