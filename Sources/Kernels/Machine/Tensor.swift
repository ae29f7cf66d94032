/// A dense array of numbers, the last dimension contiguous. Activations are `[batch, height, width, channels]` or
/// `[batch, tokens, channels]`. A reference type: layers hand tensors on, and the memory goes with the last holder.
public final class Tensor: @unchecked Sendable {
    /// How numbers are kept. Operations compute in float32; what is kept for later may be so in half the memory.
    package enum Element: Sendable {
        case float32
        /// Each row has a scale by which its largest magnitude becomes 32767: the error is 1e-5 of that at most, which is
        /// a quarter of a half float's on common maps, and nothing overflows.
        case int16

        package func byteCount(rows: Int, channels: Int) -> Int {
            self == .float32 ? 4 * rows * channels : 2 * rows * channels + 4 * rows
        }
    }
    /// The dimensions, outermost first.
    public let shape: [Int]
    package let count: Int
    package let element: Element
    private let memory: UnsafeMutableRawPointer
    private let owner: Owner

    private enum Owner {
        case arena(Arena.Block, Arena)
        case heap
        case tensor(Tensor)
    }

    /// Bytes after the end: a register tile's two vectors may be read beyond it.
    static let slack = 128

    /// Floats in memory of their own, uninitialised.
    package init(_ shape: [Int]) {
        self.shape = shape
        element = .float32
        count = shape.reduce(1, *)
        memory = .allocate(byteCount: 4 * count + Self.slack, alignment: Arena.alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.slack)
        (memory + 4 * count).initializeMemory(as: UInt8.self, repeating: 0, count: Self.slack)
        owner = .heap
    }

    /// Memory of the arena, uninitialised.
    init(_ shape: [Int], _ element: Element = .float32, in arena: Arena) throws(MachineError) {
        self.shape = shape
        self.element = element
        count = shape.reduce(1, *)
        let channels = shape[shape.count - 1]
        let block = try arena.take(element.byteCount(rows: count / channels, channels: channels) + Self.slack)
        memory = block.address
        owner = .arena(block, arena)
    }

    /// Rows of another tensor, where they lie.
    private init(_ tensor: Tensor, rows: Range<Int>, shape: [Int]) {
        self.shape = shape
        element = .float32
        count = rows.count * tensor.channels
        memory = UnsafeMutableRawPointer(tensor.pointer + rows.lowerBound * tensor.channels)
        owner = .tensor(tensor)
    }

    /// - Parameters:
    ///   - shape: at least one dimension, all positive
    ///   - values: in C order, as many as the product of `shape`
    /// - Throws: `ComputeError.wrongShape`
    public convenience init(shape: [Int], values: [Float]) throws(ComputeError) {
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflow else { throw .wrongShape(shape, values: values.count) }
            count = product
        }
        guard !shape.isEmpty, count == values.count else { throw .wrongShape(shape, values: values.count) }
        self.init(shape, values: values)
    }

    package convenience init(_ shape: [Int], values: [Float]) {
        self.init(shape)
        precondition(values.count == count, "\(values.count) values for shape \(shape)")
        values.withUnsafeBufferPointer { pointer.update(from: $0.baseAddress!, count: count) }
    }

    package convenience init(_ shape: [Int], repeating value: Float) {
        self.init(shape)
        pointer.update(repeating: value, count: count)
    }

    deinit {
        switch owner {
        case .arena(let block, let arena): arena.giveBack(block)
        case .heap: memory.deallocate()
        case .tensor: break
        }
    }

    /// The numbers of a float32 tensor.
    var pointer: UnsafeMutablePointer<Float> {
        precondition(element == .float32, "a tensor of integers where floats are expected")
        return memory.assumingMemoryBound(to: Float.self)
    }

    /// Where row `row` of an int16 tensor begins, and its scale.
    func integers(row: Int) -> (values: UnsafeMutablePointer<Int16>, scale: UnsafeMutablePointer<Float>) {
        precondition(element == .int16, "a tensor of floats where integers are expected")
        let scales = (memory + 2 * count).assumingMemoryBound(to: Float.self)
        return (memory.assumingMemoryBound(to: Int16.self) + row * channels, scales + row)
    }

    /// A part of the rows of a float32 tensor, `[range.count, channels]`, sharing this tensor's memory.
    package func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return Tensor(self, rows: range, shape: [range.count, channels])
    }

    /// The last image of a batch, or the last text, of a float32 tensor: `[1, …]`, sharing this tensor's memory.
    package var lastImage: Tensor {
        Tensor(self, rows: rows - rows / shape[0]..<rows, shape: [1] + shape.dropFirst())
    }

    /// Whether this is only planned, and has no memory that could be touched.
    var isPlanned: Bool {
        switch owner {
        case .arena(_, let arena): arena.isCounting
        case .heap: false
        case .tensor(let tensor): tensor.isPlanned
        }
    }

    /// The numbers in C order; zeros while a run is only planned.
    public var values: [Float] {
        if isPlanned { return [Float](repeating: 0, count: count) }
        switch element {
        case .float32: return Array(UnsafeBufferPointer(start: pointer, count: count))
        case .int16:
            return (0..<rows).flatMap { row in
                let (values, scale) = integers(row: row)
                return (0..<channels).map { Float(values[$0]) * scale.pointee }
            }
        }
    }

    /// The size of the last dimension.
    package var channels: Int { shape[shape.count - 1] }

    /// The number of last-dimension rows.
    package var rows: Int { count / channels }
}

extension Tensor: CustomStringConvertible {
    /// Shape, range and the first numbers, on one line.
    public var description: String {
        let values = values
        let first = values.prefix(4).map { "\($0)" }.joined(separator: ", ")
        return "Tensor \(shape), \(values.min() ?? 0)…\(values.max() ?? 0): \(first)\(values.count > 4 ? ", …" : "")"
    }
}
