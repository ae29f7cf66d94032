import Kernels

/// Looks for the fastest way to work within a limit of memory, by walking through the work without computing.
struct MemoryPlanner {
    let compute: Compute
    let stream: WeightStream

    /// - Parameters:
    ///   - memoryLimit: bytes of resident memory; nil: no limit
    ///   - base: what is resident besides activations and weights; by default, what there is now
    ///   - widestMap: bytes of the largest map that is kept where there is room for it
    ///   - stages: walks through the work under the settings of a run
    /// - Throws: `ModelError.notEnoughMemory` with the smallest workable figure, and what `stages` throws
    func choose(
        memoryLimit: Int?, base: Int?, widestMap: Int, stages: (Run, _ base: Int) throws -> [MemoryPlan.StagePlan]
    ) throws -> MemoryPlan {
        compute.endStage()
        stream.release()
        let base = base ?? residentBase
        var smallest: MemoryPlan?
        for run in candidates(widestMap: widestMap) {
            let plan = MemoryPlan(
                stages: try stages(run, base), workingSet: run.workingSet, dropsWeights: run.dropsWeights)
            if plan.peak <= memoryLimit ?? .max { return plan }
            if plan.peak < smallest?.peak ?? .max { smallest = plan }
        }
        throw ModelError.notEnoughMemory(limit: memoryLimit ?? 0, needed: smallest?.peak ?? 0)
    }

    private var residentBase: Int {
        let now = MemoryUsage.now
        return max(0, now.anonymous - compute.peakActivationBytes) + max(now.file, Self.programPages)
    }

    /// Pages of the program and its libraries that are resident once everything has run (measured, on x86-64).
    private static let programPages = 18_000_000

    /// From the fastest to the smallest.
    private func candidates(widestMap widest: Int) -> [Run] {
        let choices: [(tiles: Int, largest: Int)] = [
            (512, .max), (256, .max), (256, widest - 1), (128, widest - 1), (256, widest / 2 - 1),
            (128, widest / 2 - 1), (64, widest / 2 - 1),
        ]
        let dropping = choices.map { choice in
            var run = Run.current
            run.workingSet.winogradTiles = choice.tiles
            run.workingSet.stripePixels = 16 * choice.tiles
            run.workingSet.largestStoredMap = choice.largest
            run.dropsWeights = true
            return run
        }
        var fastest = dropping[0]
        fastest.dropsWeights = false
        return [fastest] + dropping
    }
}
