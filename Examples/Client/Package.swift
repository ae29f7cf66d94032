// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "client",
    dependencies: [
        // Elsewhere: .package(url: "…/sd-lite", from: "0.1.0", traits: [])
        .package(name: "sd-lite", path: "../..", traits: [])
    ],
    targets: [
        .executableTarget(
            name: "client", dependencies: [.product(name: "SDLite", package: "sd-lite")], path: "Sources/Client",
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")])
    ],
    swiftLanguageModes: [.v6]
)
