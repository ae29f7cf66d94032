/// How a model wants to be painted with where nobody says otherwise; nil for what nothing is known of. Model files keep
/// it as a document of its own, and checkpoints may have the same keys in `model_index.json`.
package struct Recommendation: ConfigurationDocument, Encodable, Equatable {
    package var steps: Int?
    package var guidanceScale: Float?
    /// As `--scheduler` takes it. The engine alone knows which there are.
    package var scheduler: String?

    private enum CodingKeys: String, CodingKey {
        case steps = "_default_steps", guidanceScale = "_default_guidance_scale", scheduler = "_default_scheduler"
    }

    package init(steps: Int? = nil, guidanceScale: Float? = nil, scheduler: String? = nil) {
        self.steps = steps
        self.guidanceScale = guidanceScale
        self.scheduler = scheduler
    }

    package var isEmpty: Bool { self == Recommendation() }

    /// This one, with what it leaves open taken from another.
    package func completed(by other: Recommendation) -> Recommendation {
        Recommendation(
            steps: steps ?? other.steps, guidanceScale: guidanceScale ?? other.guidanceScale,
            scheduler: scheduler ?? other.scheduler)
    }
}

extension Recommendation {
    package static let document = "recommended.json"

    package static func checkKind(_ values: [String: JSONValue]) {}

    package func check() throws(ConfigurationError) { try check(in: Self.self) }

    /// - Parameter type: the document that an error names
    func check<Document: ConfigurationDocument>(in type: Document.Type) throws(ConfigurationError) {
        if let steps { try type.require("_default_steps", steps, in: 1...1000) }
        if let guidanceScale { try type.require("_default_guidance_scale", guidanceScale, in: 0...100) }
        let isName = scheduler.map { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy { 0x20..<0x7f ~= $0 } }
        try type.require(isName ?? true, "_default_scheduler is no name, expected 1 to 64 letters and signs of ASCII")
    }
}

/// Such as "4 steps, guidance scale 8.5, scheduler lcm".
extension Recommendation: CustomStringConvertible {
    package var description: String {
        let facts = [
            steps.map { $0 == 1 ? "1 step" : "\($0) steps" },
            guidanceScale.map { $0 > 1 ? "guidance scale \($0)" : "no guidance" },
            scheduler.map { "scheduler \($0)" },
        ]
        return facts.compactMap { $0 }.joined(separator: ", ")
    }
}
