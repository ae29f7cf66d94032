/// What attention reads of its context, per batch and head: keys as panels `[keys/5][d][5]` and values as panels
/// `[padded d/5][keys][5]`, of floats, or of int16 as `IntegerAttention.swift` has it.
package final class KeysAndValues: Sendable {
    let batch: Int
    let heads: Int
    let keys: Int
    let d: Int
    let paddedWidth: Int
    let paddedKeys: Int
    /// Of int16 panels; nil where they are floats.
    let scales: IntegerScales?
    private let keyPanels: Tensor
    private let valuePanels: Tensor

    init(keyPanels: Tensor, valuePanels: Tensor, scales: IntegerScales?, batch: Int, heads: Int, keys: Int, d: Int) {
        self.batch = batch
        self.heads = heads
        self.keys = keys
        self.d = d
        paddedWidth = valuePanels.shape[1]
        paddedKeys = keyPanels.shape[1]
        self.scales = scales
        self.keyPanels = keyPanels
        self.valuePanels = valuePanels
    }

    /// The panels of one head.
    func keyPanels(head: Int) -> UnsafeMutablePointer<Float> {
        keyPanels.pointer + head * keyPanels.shape[1] * keyPanels.shape[2]
    }
    func valuePanels(head: Int) -> UnsafeMutablePointer<Float> {
        valuePanels.pointer + head * valuePanels.shape[1] * valuePanels.shape[2]
    }

    func keyPanel(head: Int, key: Int) -> UnsafePointer<Float> {
        UnsafePointer(keyPanels.pointer) + (head * paddedKeys + key) * d
    }

    /// Of the first five channels; the next five are `5 * paddedKeys` further on.
    func valuePanel(head: Int, key: Int) -> UnsafePointer<Float> {
        UnsafePointer(valuePanels.pointer) + head * paddedWidth * paddedKeys + key * 5
    }
}

extension Compute {
    /// Packs the keys before the values are computed, so that the two need not exist unpacked together.
    /// - Parameters:
    ///   - asIntegers: rounds them to int16, and attention with them sums integers
    ///   - key, value: compute `[batch, ..., heads·d]`, keys in the middle; called once each, in this order
    package func keysAndValues(
        heads: Int, asIntegers: Bool = false, key: () throws -> Tensor, value: () throws -> Tensor
    ) throws -> KeysAndValues {
        if asIntegers { return try integerKeysAndValues(heads: heads, key: key, value: value) }
        let (keyPanels, shape) = try packKeys(key(), heads: heads)
        let valuePanels = try packValues(value(), heads: heads, shape: shape)
        let keys = shape.dropFirst().dropLast().reduce(1, *)
        return KeysAndValues(
            keyPanels: keyPanels, valuePanels: valuePanels, scales: nil, batch: shape[0], heads: heads, keys: keys,
            d: keyPanels.shape[2])
    }

    private func packKeys(_ key: Tensor, heads: Int) throws(MachineError) -> (panels: Tensor, shape: [Int]) {
        precondition(key.channels % heads == 0)
        let (batch, width, d) = (key.shape[0], key.channels, key.channels / heads)
        let keys = key.rows / batch
        let paddedKeys = (keys + 4) / 5 * 5
        let panels = try tensor([batch * heads, paddedKeys, d])
        perform("pack keys") {
            pool.forEach(batch * heads) { head, _ in
                let source = key.pointer + head / heads * keys * width + head % heads * d
                let out = panels.pointer + head * paddedKeys * d
                for j in 0..<paddedKeys {
                    let row = source + min(j, keys - 1) * width
                    let panel = out + j / 5 * 5 * d + j % 5
                    // An infinite key is as good as none: a score of minus infinity would hide it.
                    for i in 0..<d { panel[i * 5] = row[i] + (row[i] - row[i]) }
                }
            }
        }
        return (panels, key.shape)
    }

    private func packValues(_ value: Tensor, heads: Int, shape: [Int]) throws(MachineError) -> Tensor {
        precondition(value.shape == shape, "values \(value.shape), keys \(shape)")
        let (batch, width, d) = (value.shape[0], value.channels, value.channels / heads)
        let keys = value.rows / batch
        let paddedKeys = (keys + 4) / 5 * 5
        let paddedWidth = (d + 4) / 5 * 5
        let panels = try tensor([batch * heads, paddedWidth, paddedKeys])
        perform("pack values") {
            pool.forEach(batch * heads) { head, _ in
                let source = value.pointer + head / heads * keys * width + head % heads * d
                let out = panels.pointer + head * paddedWidth * paddedKeys
                for panel in 0..<paddedWidth / 5 {
                    let count = min(5, d - panel * 5)
                    for j in 0..<paddedKeys {
                        let row = source + min(j, keys - 1) * width + panel * 5
                        let target = out + (panel * paddedKeys + j) * 5
                        for i in 0..<5 { target[i] = i < count ? row[i] : 0 }
                    }
                }
            }
        }
        return panels
    }
}
