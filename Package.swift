// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "Leibniz",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Leibniz", targets: ["Leibniz"]),
        .executable(name: "leibniz", targets: ["LeibnizCommand"]),
    ],
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
        .target(name: "LeibnizKernels"),
        .target(name: "LeibnizCore", dependencies: ["LeibnizKernels"]),
        .target(name: "LeibnizData", dependencies: ["CPNG", "CTurboJPEG", "CZlib", "LeibnizCore"]),
        .target(name: "LeibnizLearning", dependencies: ["LeibnizCore", "LeibnizData"]),
        .target(name: "LeibnizSymbolic"),
        .target(
            name: "LeibnizInsight", dependencies: ["LeibnizCore", "LeibnizData", "LeibnizLearning", "LeibnizSymbolic"]),
        .target(
            name: "Leibniz",
            dependencies: ["LeibnizCore", "LeibnizData", "LeibnizLearning", "LeibnizSymbolic", "LeibnizInsight"]),
        .executableTarget(
            name: "LeibnizCommand",
            dependencies: [
                "Leibniz", "LeibnizKernels", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "LinearRegression", dependencies: ["Leibniz"], path: "Examples/LinearRegression"),
        .executableTarget(name: "ConvNet", dependencies: ["Leibniz"], path: "Examples/ConvNet"),
        .executableTarget(name: "PoolingConvergence", dependencies: ["Leibniz"], path: "Examples/PoolingConvergence"),
        .executableTarget(name: "Calculus", dependencies: ["Leibniz"], path: "Examples/Calculus"),
        .target(name: "TestFiles", dependencies: ["CZlib"], path: "Tests/TestFiles"),
        .executableTarget(name: "LearningProbe", dependencies: ["Leibniz"], path: "Tests/LearningProbe"),
        .executableTarget(
            name: "Parity", dependencies: ["Leibniz", "TestFiles"], path: "Tests/Parity",
            exclude: [
                "parity.py", "calculus.py", "control.py", "integrals.py", "layers.py", "losses.py", "minimization.py",
                "pooling.py",
                "training.py",
            ]),
        .executableTarget(
            name: "FormatParity", dependencies: ["Leibniz"], path: "Tests/FormatParity", exclude: ["formats.py"]),
        .executableTarget(
            name: "SymbolicParity", dependencies: ["LeibnizSymbolic", "TestFiles"], path: "Tests/SymbolicParity",
            exclude: ["symbolic.py"]),
        .testTarget(name: "LeibnizKernelsTests", dependencies: ["LeibnizKernels", "TestFiles"]),
        .testTarget(name: "LeibnizCoreTests", dependencies: ["LeibnizCore", "TestFiles"]),
        .testTarget(name: "LeibnizDataTests", dependencies: ["LeibnizData", "TestFiles"]),
        .testTarget(
            name: "LeibnizLearningTests",
            dependencies: ["Leibniz", "LinearRegression", "ConvNet", "LearningProbe", "TestFiles"]),
        .testTarget(name: "LeibnizSymbolicTests", dependencies: ["LeibnizSymbolic", "TestFiles"]),
        .testTarget(name: "LeibnizInsightTests", dependencies: ["Leibniz", "Calculus", "TestFiles"]),
        .testTarget(name: "LeibnizCommandTests", dependencies: ["Leibniz", "LeibnizCommand", "TestFiles"]),
    ],
    swiftLanguageModes: [.v6]
)
