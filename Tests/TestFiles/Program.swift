import Foundation

/// An executable of this package, run as a process of its own.
public struct Program {
    /// What a process left behind.
    public struct Outcome: Sendable {
        /// Its exit status.
        public let status: Int32
        /// Whether a signal ended it.
        public let hasCrashed: Bool
        /// What it wrote to the standard output.
        public let output: String
        /// What it wrote to the standard error stream.
        public let errors: String
        /// From start to end.
        public let seconds: Double
        /// The most threads that were seen at once, where `/proc` tells.
        public let threads: Int
    }

    private let url: URL

    /// The executable of a product or target.
    public init(name: String) { url = Program.folder.appendingPathComponent(name) }

    /// Runs it to its end, for 300 seconds at most.
    ///
    /// - Parameters:
    ///   - environment: variables beside those of the test.
    ///   - input: what it reads from the standard input; nothing by default.
    ///   - outputPath: a file that takes the standard output instead of the outcome.
    ///   - launcher: a program and its options that start the executable.
    public func run(
        _ arguments: [String] = [], environment: [String: String] = [:], input: String = "", outputPath: String? = nil,
        launcher: [String] = []
    ) throws -> Outcome {
        // Files, unlike pipes, never fill up while nobody reads.
        let folder = try TemporaryFolder()
        let paths = (output: try folder.write([], as: "output"), errors: try folder.write([], as: "errors"))
        let command = launcher + [url.path] + arguments
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput =
            input.isEmpty
            ? FileHandle.nullDevice
            : try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.write(Array(input.utf8), as: "input")))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath ?? paths.output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: paths.errors))
        let start = ContinuousClock.now
        try process.run()
        var threads = 0
        while process.isRunning {
            if ContinuousClock.now - start > .seconds(300) { process.terminate() }
            let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/task")
            threads = max(threads, tasks?.count ?? 0)
            Thread.sleep(forTimeInterval: 0.002)
        }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, hasCrashed: process.terminationReason == .uncaughtSignal,
            output: try String(contentsOfFile: paths.output, encoding: .utf8),
            errors: try String(contentsOfFile: paths.errors, encoding: .utf8),
            seconds: (ContinuousClock.now - start) / .seconds(1), threads: threads)
    }

    /// Where the package's executables are: beside that of the tests.
    private static var folder: URL {
        #if os(macOS)
            let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
            return bundle.bundleURL.deletingLastPathComponent()
        #else
            return Bundle.main.bundleURL
        #endif
    }
}
