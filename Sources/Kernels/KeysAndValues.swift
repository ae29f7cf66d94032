/// What attention reads of its context, per batch and head: keys as panels `[keys/16][d][16]` and values as panels
/// `[padded d/16][keys][16]`.
public final class KeysAndValues: Sendable {
    let batch: Int
    let heads: Int
    let keys: Int
    let d: Int
    let paddedWidth: Int
    private let paddedKeys: Int
    private let keyPanels: Tensor
    private let valuePanels: Tensor

    fileprivate init(key: Tensor, value: Tensor, heads: Int, compute: Compute) {
        let (batch, width) = (key.shape[0], key.channels)
        let keys = key.rows / batch
        let d = width / heads
        let paddedWidth = (d + 15) / 16 * 16
        let paddedKeys = (keys + 15) / 16 * 16
        let keyPanels = compute.tensor([batch * heads, paddedKeys, d])
        let valuePanels = compute.tensor([batch * heads, paddedWidth, paddedKeys])
        compute.pool.forEach(batch * heads) { head, _ in
            let source = head / heads * keys * width + head % heads * d
            let k = keyPanels.pointer + head * paddedKeys * d
            let v = valuePanels.pointer + head * paddedWidth * paddedKeys
            for j in 0..<paddedKeys {
                let row = key.pointer + source + min(j, keys - 1) * width
                let panel = k + j / 16 * 16 * d + j % 16
                for i in 0..<d { panel[i * 16] = row[i] }
            }
            for j in 0..<paddedKeys {
                let row = value.pointer + source + min(j, keys - 1) * width
                for i in 0..<paddedWidth { v[(i / 16 * paddedKeys + j) * 16 + i % 16] = i < d ? row[i] : 0 }
            }
        }
        self.batch = batch
        self.heads = heads
        self.keys = keys
        self.d = d
        self.paddedWidth = paddedWidth
        self.paddedKeys = paddedKeys
        self.keyPanels = keyPanels
        self.valuePanels = valuePanels
    }

    func keyPanel(head: Int, key: Int) -> UnsafePointer<Float> {
        UnsafePointer(keyPanels.pointer) + (head * paddedKeys + key) * d
    }

    func valuePanel(head: Int, key: Int, column: Int) -> UnsafePointer<Float> {
        UnsafePointer(valuePanels.pointer) + head * paddedWidth * paddedKeys + column * paddedKeys + key * 16
    }
}

extension Compute {
    /// - Parameter key, value: `[batch, ..., heads·d]`, keys in the middle
    public func keysAndValues(key: Tensor, value: Tensor, heads: Int) throws(CancellationError) -> KeysAndValues {
        try checkCancellation()
        precondition(key.shape == value.shape && key.channels % heads == 0)
        return KeysAndValues(key: key, value: value, heads: heads, compute: self)
    }
}
