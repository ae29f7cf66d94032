import Kernels
import Synchronization

/// What comes of a generation that is watched.
public enum GenerationEvent: Sendable {
    /// A part is done; after a denoising step with the latents so far.
    case progress(GenerationProgress)
    /// The last event.
    case finished(Generation)
}

extension Pipeline {
    /// Paints on another thread; cancelling the task ends the work within a layer's time.
    /// - Parameters:
    ///   - options: what to paint
    ///   - memoryLimit: bytes of resident memory that this process may use; nil: no limit
    /// - Throws: as the blocking `generate`
    public func generate(
        _ options: GenerationOptions, memoryLimit: Int? = AvailableMemory.bytes
    ) async throws -> Generation {
        for try await event in events(options, memoryLimit: memoryLimit) {
            if case .finished(let generation) = event { return generation }
        }
        throw CancellationError()
    }

    /// Paints on another thread and tells of every part done. Who stops listening cancels.
    /// - Parameters:
    ///   - options: what to paint
    ///   - memoryLimit: bytes of resident memory that this process may use; nil: no limit
    public func events(
        _ options: GenerationOptions, memoryLimit: Int? = AvailableMemory.bytes
    ) -> AsyncThrowingStream<GenerationEvent, any Error> {
        AsyncThrowingStream { continuation in
            let isCancelled = Flag()
            continuation.onTermination = { _ in isCancelled.raise() }
            var run = Run.current
            run.isCancelled = { isCancelled.isRaised }
            compute.later { [run] in
                let result = Result {
                    guard !isCancelled.isRaised else { throw CancellationError() }
                    return try self.compute.during(run) {
                        try self.planAndPaint(options, memoryLimit: memoryLimit) {
                            continuation.yield(.progress($0))
                        }
                    }
                }
                if case .success(let generation) = result { continuation.yield(.finished(generation)) }
                continuation.finish(throwing: result.failure)
            }
        }
    }

    private final class Flag: Sendable {
        private let raised = Atomic(false)

        var isRaised: Bool { raised.load(ordering: .relaxed) }

        func raise() { raised.store(true, ordering: .relaxed) }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
