import SDLite
import Terminal

/// The progress of a generation with the time left and seconds per step.
struct ProgressMeter {
    private var bar: ProgressBar
    private var denoisingSince: ContinuousClock.Instant?

    init(quiet: Bool) { bar = ProgressBar(quiet: quiet) }

    mutating func show(_ progress: GenerationProgress) {
        let (completed, total) = (progress.completed, progress.total)
        switch progress.stage {
        case .encodingText:
            bar.show("reading the prompt", completed, of: total)
        case .encodingPictures:
            bar.show("reading the picture", completed, of: total)
        case .denoising:
            let start = denoisingSince ?? .now
            denoisingSince = start
            var notes = ["\(total) steps"]
            if completed > 0 {
                let perStep = (ContinuousClock.now - start) / .seconds(1) / Double(completed)
                let left = Int((perStep * Double(total - completed)).rounded())
                notes = [
                    "\(clock(left)) left", "step \(completed) of \(total)",
                    "\(decimal(perStep)) s each",
                ]
            }
            bar.show("painting", completed, of: total, notes: notes)
        case .decoding:
            bar.show("decoding", completed, of: total, notes: total > 1 ? ["\(total) pictures"] : [])
        case .checking:
            bar.show("checking", completed, of: total, notes: total > 1 ? ["\(total) pictures"] : [])
        }
    }

    mutating func end() { bar.end() }
}

/// "2:05": minutes and seconds.
func clock(_ seconds: Int) -> String {
    "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
}
