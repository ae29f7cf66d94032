import Architecture

/// The weights of one component, under the names that a checkpoint gives them.
protocol NamedWeights {
    /// Finds every expected tensor, in the order given.
    /// - Throws: a `ConvertError` that names tensors which are missing, unknown, there twice or of another shape.
    func match(_ expected: [ExpectedTensors.Tensor]) throws -> [StoredTensor]
}
