import ArgumentParser

/// A seed as people give it: a whole number, or -1 where they want any.
struct Seed: ExpressibleByArgument {
    /// Nil for -1.
    let value: UInt64?

    init?(argument: String) {
        value = UInt64(argument)
        guard value != nil || argument == "-1" else { return nil }
    }
}
