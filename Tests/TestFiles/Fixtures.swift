import Foundation

/// Files of the repository that tests read, found from this file's place in it.
public enum Fixtures {
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The path of a file or folder in Tests/Fixtures.
    public static func path(_ name: String) -> String { repository.appending(path: "Tests/Fixtures/\(name)").path }

    /// The value in a JSON file in Tests/Fixtures.
    public static func decode<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path(name))))
    }
}
