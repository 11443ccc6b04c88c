// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "Leibniz",
    platforms: [.macOS(.v15)],
    products: [],
    targets: [
        .target(name: "LeibnizKernels"),
        .testTarget(name: "LeibnizKernelsTests", dependencies: ["LeibnizKernels"]),
    ],
    swiftLanguageModes: [.v6]
)
