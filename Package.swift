// swift-tools-version: 6.2
import PackageDescription

/// The processor that is built for. SwiftPM does not tell a manifest: when cross-compiling, set SDLITE_TARGET_ARCH.
#if arch(x86_64)
let hostArchitecture = "x86_64"
#else
let hostArchitecture = "aarch64"
#endif
let architecture = Context.environment["SDLITE_TARGET_ARCH"] ?? hostArchitecture

/// The instruction sets that have micro-kernels of their own.
let instructionSets = [
    (architecture: "x86_64", target: "KernelsAVX2", flags: ["-mavx2", "-mfma", "-mf16c"]),
    (
        architecture: "x86_64", target: "KernelsAVX512",
        flags: ["-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni"]
    ),
].filter { $0.architecture == architecture }

/// Settings for arithmetic, which is optimised in debug builds too: there it would take ten times as long. What SwiftPM
/// adds to release builds only is the optimisation of a module as a whole.
func optimised(_ flags: [String]) -> [SwiftSetting] {
    [
        .unsafeFlags(flags),
        .unsafeFlags(["-disable-batch-mode", "-wmo", "-num-threads", "2"], .when(configuration: .debug)),
    ]
}

let kernelSets: [Target] = instructionSets.map { set in
    .target(
        name: set.target, dependencies: ["CIntrinsics"],
        swiftSettings: optimised(["-Ounchecked"] + set.flags.flatMap { ["-Xcc", $0] }))
}
let kernelSetNames: [Target.Dependency] = instructionSets.map { .target(name: $0.target) }

/// What the commands need and the library does not: who depends on the library alone says `traits: []`, and then it is
/// not even fetched.
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Commands"]))

let package = Package(
    name: "sd-lite",
    products: [
        .library(name: "SDLite", targets: ["SDLite"]),
        .executable(name: "sd-lite", targets: ["sd-lite"]),
        .executable(name: "sd-lite-convert", targets: ["convert"]),
    ],
    traits: [
        .trait(name: "Commands", description: "The programs sd-lite and sd-lite-convert."),
        .default(enabledTraits: ["Commands"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "Quant", dependencies: ["CLZ4", "CZlib"]),
        .target(name: "Architecture", dependencies: ["Quant"]),

        .target(name: "CIntrinsics"),
        .target(name: "KernelsPortable", swiftSettings: optimised(["-Ounchecked"])),
        .target(
            name: "Kernels", dependencies: ["CIntrinsics", "KernelsPortable"] + kernelSetNames,
            swiftSettings: optimised(["-O"])),

        .target(name: "CPNGReader", dependencies: ["CPNG"]),
        .target(
            name: "SDLite", dependencies: ["Architecture", "Quant", "Kernels", "CPNG", "CPNGReader", "CTurboJPEG"]),

        .target(
            name: "BuildCommit",
            cSettings: Context.environment["SDLITE_COMMIT"].map { [.define("SDLITE_COMMIT", to: "\"\($0)\"")] }),
        .target(name: "Terminal", dependencies: ["BuildCommit", argumentParser]),
        .executableTarget(
            name: "sd-lite",
            dependencies: ["SDLite", "Architecture", "Quant", "Kernels", "Terminal", argumentParser]),
        .target(name: "CLIPMerges", exclude: ["make_merges.py", "merges.lz4"]),
        .executableTarget(
            name: "convert", dependencies: ["Architecture", "Quant", "CLIPMerges", "Terminal", argumentParser]),
        .executableTarget(name: "custom-loop", dependencies: ["SDLite"], path: "Examples/CustomLoop"),
        .executableTarget(
            name: "sd-lite-tensors", dependencies: ["SDLite", "Kernels", "Terminal"], path: "parity/Tensors"),

        .target(name: "TestFiles", path: "Tests/TestFiles"),
        .testTarget(name: "QuantTests", dependencies: ["Quant", "TestFiles"]),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestFiles"]),
        .testTarget(name: "SDLiteTests", dependencies: ["SDLite", "CPNG", "TestFiles"]),
        .testTarget(
            name: "ConvertTests",
            dependencies: ["convert", "SDLite", "Architecture", "Quant", "Terminal", "TestFiles"]),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal", "TestFiles"]),
        .testTarget(name: "CommandTests", dependencies: ["SDLite", "Quant", "TestFiles"]),
    ] + kernelSets,
    swiftLanguageModes: [.v6]
)

if Context.environment["SDLITE_WARNINGS"] == "errors" {
    for target in package.targets where target.type != .system {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
