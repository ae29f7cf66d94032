import Kernels
import Quant

/// Rows of numbers looked up by index, left in the file.
struct EmbeddingTable {
    private let file: WeightFile
    private let entry: TensorEntry
    private let compute: Compute
    var rows: Int { entry.shape[0] }

    init(file: WeightFile, entry: TensorEntry, compute: Compute) {
        self.file = file
        self.entry = entry
        self.compute = compute
    }

    /// `[indices.count, channels]`; every index is within `rows`.
    func callAsFunction(_ indices: [Int]) -> Tensor {
        let bytes = file.lend(entry).bytes
        let channels = entry.shape[1]
        let size = channels * (entry.scheme == .f16 ? 2 : 4)
        var values: [Float] = []
        values.reserveCapacity(indices.count * channels)
        for index in indices {
            let row = UnsafeRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size])
            let shape = [channels]
            values +=
                (entry.scheme == .f16 ? compute.float16(row, shape: shape) : compute.float32(row, shape: shape)).values
        }
        file.discard(entry)
        return Tensor([indices.count, channels], values: values)
    }
}
