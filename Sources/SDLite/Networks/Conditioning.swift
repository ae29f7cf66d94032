import Kernels
import Synchronization

/// What a U-Net's evaluations have in common through a generation: the timesteps, the prompts and the LoRAs, and what
/// layers make of these alone, kept until the conditioning goes.
public final class Conditioning: Sendable {
    /// In the order of the steps.
    public let timesteps: [Double]
    /// `[prompts, tokens, contextChannels]`
    public let encoderHiddenStates: Tensor
    /// What LoRAs add to layers, by the name of their weights.
    let lowRanks: [String: [LowRank]]
    /// `[steps, channels]` by the path of the layer that they are for.
    private let timeBiases: [String: Tensor]
    /// By the path of the layer, once it has been there.
    private let keysAndValues = Mutex<[String: KeysAndValues]>([:])

    init(
        timesteps: [Double], timeBiases: [String: Tensor], encoderHiddenStates: Tensor, lowRanks: [String: [LowRank]]
    ) {
        self.timesteps = timesteps
        self.timeBiases = timeBiases
        self.lowRanks = lowRanks
        self.encoderHiddenStates = encoderHiddenStates
    }

    /// The same for the last of the prompts alone.
    var ofLastPrompt: Conditioning {
        Conditioning(
            timesteps: timesteps, timeBiases: timeBiases, encoderHiddenStates: encoderHiddenStates.lastImage,
            lowRanks: lowRanks)
    }

    /// The conditioning as it is in one step.
    struct Step {
        let conditioning: Conditioning
        let index: Int

        var prompts: Int { conditioning.encoderHiddenStates.shape[0] }

        /// The bias `[1, channels]` of the layer at `path`, if it has one of the time.
        func timeBias(of path: String) -> Tensor? { conditioning.timeBiases[path]?.rows(index..<index + 1) }

        /// What the cross-attention at `path` reads of the prompts.
        /// - Parameter project: asked in the first step
        func keysAndValues(
            of path: String, project: (_ encoderHiddenStates: Tensor) throws -> KeysAndValues
        ) rethrows -> KeysAndValues {
            if let known = conditioning.keysAndValues.withLock({ $0[path] }) { return known }
            let projected = try project(conditioning.encoderHiddenStates)
            conditioning.keysAndValues.withLock { $0[path] = projected }
            return projected
        }
    }
}
