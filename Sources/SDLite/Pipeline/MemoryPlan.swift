import Kernels

/// How a generation, or encoding pictures by themselves, will use memory.
public struct MemoryPlan: Sendable {
    /// The most memory that one stage takes, in bytes.
    public struct StagePlan: Sendable {
        /// The stage that this is about.
        public let stage: Stage
        /// Activations and scratch memory, in bytes.
        public let activations: Int
        /// Pages of the model file, in bytes.
        public let weights: Int
        /// All of the process.
        public let total: Int
    }
    /// In their order.
    public let stages: [StagePlan]
    let workingSet: WorkingSet
    /// Whether weights leave memory once they were used.
    public let dropsWeights: Bool

    /// The most that the process has resident in any stage, in bytes.
    public var peak: Int { stages.map(\.total).max() ?? 0 }

    /// One line on each choice.
    public var choices: [String] {
        [
            dropsWeights ? "weights leave memory after use" : "weights stay in memory",
            "\(workingSet.winogradTiles) tiles at a time",
            workingSet.largestStoredMap == .max
                ? "all maps are kept"
                : "maps above \(workingSet.largestStoredMap / 1_000_000) MB are computed anew when read",
        ]
    }

    /// The settings that a run has under this plan.
    var run: Run {
        var run = Run.current
        run.workingSet = workingSet
        run.dropsWeights = dropsWeights
        return run
    }
}
