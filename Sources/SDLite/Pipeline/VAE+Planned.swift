import Kernels

/// Encoding by itself, within a limit of memory.
extension VAE {
    /// The fastest way to encode pictures within `memoryLimit` bytes of resident memory (nil: no limit), which
    /// `encode(_:memoryLimit:)` takes. It is found by walking through the work without computing; the latents do not
    /// depend on it.
    /// - Parameters:
    ///   - width: pixels of each picture, a multiple of `scale`
    ///   - height: likewise
    ///   - memoryLimit: bytes, of the whole process
    /// - Returns: a plan of one stage, `.encodingPictures`
    /// - Throws: `ModelError.notEnoughMemory` with the smallest workable figure, or for a size that cannot be encoded
    public func planEncoding(
        width: Int, height: Int, memoryLimit: Int? = AvailableMemory.bytes
    ) throws -> MemoryPlan {
        try compute.exclusively { try chooseEncodingPlan(width: width, height: height, memoryLimit: memoryLimit) }
    }

    /// `encode` within a limit of memory, which is given back afterwards.
    /// - Parameters:
    ///   - images: at least one, all of one size, whose sides are multiples of `scale`
    ///   - memoryLimit: bytes of resident memory that this process may use; nil: no limit
    /// - Returns: distributions of `[images, latentChannels, height / scale, width / scale]`
    /// - Throws: as `encode` and `planEncoding`
    public func encode(_ images: [Image], memoryLimit: Int?) throws -> DiagonalGaussianDistribution {
        let (width, height) = try size(of: images)
        return try compute.exclusively {
            let plan = try chooseEncodingPlan(width: width, height: height, memoryLimit: memoryLimit)
            try compute.reserve(plan.stages[0].activations)
            return try compute.during(plan.run) {
                defer {
                    compute.endStage()
                    stream.endStage()
                }
                return try encode(images)
            }
        }
    }

    /// - Parameter base: what is resident besides activations and weights; by default, what there is now
    func chooseEncodingPlan(
        width: Int, height: Int, memoryLimit: Int?, base: Int? = nil
    ) throws -> MemoryPlan {
        try checkSize(width: width, height: height)
        let input = Self.inputBytes(width: width, height: height)
        try Compute.requireAddressSpace(input)
        return try MemoryPlanner(compute: compute, stream: stream).choose(
            memoryLimit: memoryLimit, base: base, widestMap: encoder.widestMap(height: height, width: width)
        ) { run, base in
            let activations = try compute.planning(run) {
                _ = try moments(of: Tensor([1, height, width, 3]))  // of which nothing is read
                return compute.peakActivationBytes
            }
            let weights = run.dropsWeights ? encoder.footprint.largest : encoder.footprint.total
            return [
                MemoryPlan.StagePlan(
                    stage: .encodingPictures, activations: activations, weights: weights,
                    total: base + input + activations + weights)
            ]
        }
    }
}
