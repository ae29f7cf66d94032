import Kernels
import Synchronization

/// What a U-Net's evaluations have in common through a generation: the timesteps and the prompts, and what layers make
/// of these alone. The latter is computed when a layer first needs it, and kept until the conditioning goes.
public final class Conditioning: Sendable {
    /// In the order of the steps.
    public let timesteps: [Double]
    /// `[prompts, tokens, contextChannels]`
    public let encoderHiddenStates: Tensor
    /// `[steps, timeChannels]`, after the SiLU that every block applies.
    private let timeEmbeddings: Tensor
    private let timeBiases = Memory<Tensor>()
    private let keysAndValues = Memory<KeysAndValues>()

    init(timesteps: [Double], timeEmbeddings: Tensor, encoderHiddenStates: Tensor) {
        self.timesteps = timesteps
        self.timeEmbeddings = timeEmbeddings
        self.encoderHiddenStates = encoderHiddenStates
    }

    /// The conditioning as it is in one step.
    struct Step {
        let conditioning: Conditioning
        let index: Int

        var prompts: Int { conditioning.encoderHiddenStates.shape[0] }

        /// The bias `[1, channels]` of the layer at `path`.
        /// - Parameter project: all steps' biases `[steps, channels]`, from the time embeddings
        func timeBias(of path: String, project: (_ timeEmbeddings: Tensor) throws -> Tensor) rethrows -> Tensor {
            let biases = try conditioning.timeBiases.value(of: path) { try project(conditioning.timeEmbeddings) }
            return biases.rows(index..<index + 1)
        }

        /// What the cross-attention at `path` reads of the prompts.
        func keysAndValues(
            of path: String, project: (_ encoderHiddenStates: Tensor) throws -> KeysAndValues
        ) rethrows -> KeysAndValues {
            try conditioning.keysAndValues.value(of: path) { try project(conditioning.encoderHiddenStates) }
        }
    }

    /// Results by the path of the layer that they are for.
    private final class Memory<Value: Sendable>: Sendable {
        private let values = Mutex<[String: Value]>([:])

        func value(of path: String, compute: () throws -> Value) rethrows -> Value {
            if let known = values.withLock({ $0[path] }) { return known }
            let value = try compute()
            values.withLock { $0[path] = value }
            return value
        }
    }
}
