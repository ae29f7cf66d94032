// swift-tools-version: 6.1
import PackageDescription

// The instruction sets that this package has micro-kernels for, on the machine that builds it.
#if arch(x86_64)
let instructionSets: [(target: String, features: [String])] = [
    ("KernelsAVX2", ["avx2", "fma", "f16c"]),
    ("KernelsAVX512", ["avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vnni"]),
]
#else
let instructionSets: [(target: String, features: [String])] = []
#endif
let kernelSets: [Target] = instructionSets.map { set in
    .target(
        name: set.target, dependencies: ["CIntrinsics"],
        swiftSettings: [.unsafeFlags(["-Ounchecked"] + set.features.flatMap { ["-Xcc", "-m\($0)"] })])
}
let kernelSetNames: [Target.Dependency] = instructionSets.map { .target(name: $0.target) }

let package = Package(
    name: "sd-lite",
    products: [
        .library(name: "SDLite", targets: ["SDLite"]),
        .executable(name: "sd-lite", targets: ["sd-lite"]),
        .executable(name: "sd-lite-convert", targets: ["convert"]),
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
        .target(name: "KernelsPortable", swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
        .target(
            name: "Kernels", dependencies: ["CIntrinsics", "KernelsPortable"] + kernelSetNames,
            swiftSettings: [.unsafeFlags(["-O"])]),

        .target(name: "CPNGReader", dependencies: ["CPNG"]),
        .target(
            name: "SDLite", dependencies: ["Architecture", "Quant", "Kernels", "CPNG", "CPNGReader", "CTurboJPEG"]),

        .target(
            name: "Terminal", dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .executableTarget(
            name: "sd-lite",
            dependencies: [
                "SDLite", "Architecture", "Quant", "Kernels", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "convert",
            dependencies: [
                "Architecture", "Quant", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "custom-loop", dependencies: ["SDLite"], path: "Examples/CustomLoop"),
        .executableTarget(
            name: "sd-lite-tensors", dependencies: ["SDLite", "Kernels", "Terminal"], path: "parity/Tensors"),

        .target(name: "TestFiles", path: "Tests/TestFiles"),
        .testTarget(name: "QuantTests", dependencies: ["Quant", "TestFiles"]),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestFiles"]),
        .testTarget(name: "SDLiteTests", dependencies: ["SDLite", "CPNG", "TestFiles"]),
        .testTarget(name: "ConvertTests", dependencies: ["convert", "SDLite", "Architecture", "Quant", "TestFiles"]),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal"]),
        .testTarget(name: "CommandTests", dependencies: ["SDLite", "Quant", "TestFiles"]),
    ] + kernelSets,
    swiftLanguageModes: [.v6]
)
