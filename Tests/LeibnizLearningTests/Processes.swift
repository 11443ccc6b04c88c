import Foundation
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
