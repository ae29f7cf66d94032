/// What methods with these settings take a model's prediction for.
extension SchedulerConfiguration {
    /// A predicted original, clipped as `thresholding` or else `clipSample` says.
    func clipped(_ original: Latents) -> Latents {
        if thresholding {
            return DynamicThresholding(ratio: Float(dynamicThresholdingRatio), largest: Float(sampleMaxValue))(original)
        }
        guard clipSample else { return original }
        let limit = Float(clipSampleRange)
        return original.map { clamped($0, to: limit) }
    }

    /// The original that a multistep solver sees in a sample of unit variance; such have `thresholding` only.
    func original(_ modelOutput: Latents, sample: Latents, at level: NoiseLevel) throws -> Latents {
        let original = try predictionType.original(
            modelOutput, sample: sample, pictureShare: level.pictureShare, noiseShare: level.noiseShare)
        return thresholding ? clipped(original) : original
    }
}
