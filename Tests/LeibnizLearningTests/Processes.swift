import Foundation
import Leibniz
import TestFiles
import Testing

extension Program {
    /// Whether the tests run on the interpreter, where long programs take hours.
    static let isInterpreted: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return environment["LEIBNIZ_BACKEND"] == "interpreter" || environment["LEIBNIZ_LLVM"] == "none"
    }()
    /// What makes a program use the compiler all the same.
    static let compiler = ["LEIBNIZ_BACKEND": "llvm", "LEIBNIZ_LLVM": ""]

    /// Runs the probe and reads its line of JSON.
    static func probe<Result: Decodable>(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        let outcome = try Program(name: "LearningProbe").run(arguments, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
    }
}

/// A process of the probe that ends by the signal that cannot be caught.
enum KilledProbe {
    /// Runs the probe and kills it so many new checkpoints and seconds after its start.
    ///
    /// - Parameter folder: where its checkpoints go.
    /// - Returns: whether it was killed before it ended by itself.
    @discardableResult
    static func run(_ arguments: [String], in folder: String, after checkpoints: Int, _ seconds: Double) throws -> Bool
    {
        func newestStep() -> Int { (try? CheckpointFolder(folder).files().first?.step) ?? 0 }
        let start = newestStep()
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appendingPathComponent("LearningProbe")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        while process.isRunning, newestStep() < start + checkpoints { Thread.sleep(forTimeInterval: 0.005) }
        Thread.sleep(forTimeInterval: seconds)
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    /// How often tests kill a training: a few times, or as often as `LEIBNIZ_KILLS` says.
    static let count = ProcessInfo.processInfo.environment["LEIBNIZ_KILLS"].flatMap(Int.init) ?? 5
}
