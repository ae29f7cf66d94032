/// The settings of one run through a pipeline. They travel with it as a task-local value: what one run sets, no other
/// run sees, and nobody has to hand them from layer to layer.
package struct Run: Sendable {
    package var workingSet = WorkingSet()
    /// Whether weights leave memory once they were used.
    package var dropsWeights = false
    /// Told how long every operation took.
    package var trace: Trace?
    /// What is added to layers, by the name of their weights.
    package var lowRanks: [String: [LowRank]] = [:]
    /// Asked before every operation, which throws `CancellationError` instead if it says so.
    package var isCancelled: @Sendable () -> Bool = { Task.isCancelled }
    /// Where memory is counted while a run is only walked through, to plan it: nothing is computed then.
    var counting: Arena?
    /// Where it is noted what is not finite, if results are checked.
    var finiteness: Finiteness?

    @TaskLocal package static var current = Run()

    package init() {}

    package var isPlanning: Bool { counting != nil }
}

/// What trades memory for time; the results do not depend on it.
package struct WorkingSet: Sendable, Equatable {
    /// 4×4 tiles of a Winograd convolution that are in work together, at 24,576 bytes or so each.
    package var winogradTiles = 512
    /// Pixels of other convolutions that are in work together.
    package var stripePixels = 8192
    /// Maps that would take more bytes are computed anew whenever they are read, where that is possible.
    package var largestStoredMap = Int.max

    package init() {}
}
