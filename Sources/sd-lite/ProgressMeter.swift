import SDLite
import Terminal

/// The progress of a generation with seconds per step and the time left.
struct ProgressMeter {
    private var bar: ProgressBar
    private var denoisingSince: ContinuousClock.Instant?

    init(quiet: Bool) { bar = ProgressBar(quiet: quiet) }

    mutating func show(_ progress: GenerationProgress) {
        switch progress.stage {
        case .encodingText:
            bar.show("reading ", progress.completed, of: progress.total)
        case .denoising:
            let start = denoisingSince ?? .now
            denoisingSince = start
            var note = "step \(progress.completed) of \(progress.total)"
            if progress.completed > 0 {
                let perStep = (ContinuousClock.now - start) / .seconds(1) / Double(progress.completed)
                let left = Int((perStep * Double(progress.total - progress.completed)).rounded())
                note += ", \(decimal(perStep)) s each, \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
            }
            bar.show("painting", progress.completed, of: progress.total, note: note)
        case .decoding:
            bar.show("decoding", progress.completed, of: progress.total)
        }
    }

    mutating func end() { bar.end() }
}
