import Kernels
import TestFiles
import Testing

@testable import SDLite

@Suite struct MemoryTests {
    private func options(_ prompt: String = "a red fox on grass") -> GenerationOptions {
        var options = GenerationOptions(prompt: prompt)
        options.steps = 2
        options.seed = 3
        return options
    }

    /// The same bits under every plan, and activations as planned, to the byte.
    @Test func plansChangeNothingButMemory() throws {
        let pipeline = try Pipeline(model: Model(path: BundledModel.path()), threads: 2)
        let free = try pipeline.choosePlan(options(), memoryLimit: nil, base: 0)
        #expect(!free.dropsWeights && free.workingSet == WorkingSet())
        let expected = try pipeline.compute.during(free.run) { try pipeline.paint(options()) }
        #expect(expected.stages.map(\.activationBytes) == free.stages.map(\.activations))
        var limit = free.peak
        var plans = 0
        while let plan = try? pipeline.choosePlan(options(), memoryLimit: limit - 1, base: 0) {
            let found = try pipeline.compute.during(plan.run) { try pipeline.paint(options()) }
            #expect(found.images == expected.images)
            #expect(found.stages.map(\.activationBytes) == plan.stages.map(\.activations))
            limit = plan.peak
            if plan.dropsWeights { plans += 1 }
        }
        #expect(plans > 1)
        #expect(throws: ModelError.self) { try pipeline.plan(options(), memoryLimit: 1 << 20) }
    }

    @Test func availableMemory() {
        #expect(AvailableMemory.meminfo("MemTotal:  100 kB\nMemAvailable:    42 kB\n") == 42 * 1024)
    }
}
