import Terminal

do {
    try await ConvertCommand.parse().run()
} catch {
    exit(ConvertCommand.self, after: error)
}
