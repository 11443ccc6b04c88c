import Foundation
import TestFiles
import Testing

/// Runs the built `leibniz` as a process of its own, which must not crash.
func leibniz(
    _ arguments: [String], environment: [String: String] = [:], input: String = "", outputPath: String? = nil,
    launcher: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
) throws -> Program.Outcome {
    let outcome = try Program(name: "leibniz").run(
        arguments, environment: environment, input: input, outputPath: outputPath, launcher: launcher)
    #expect(!outcome.hasCrashed, "\(arguments)", sourceLocation: sourceLocation)
    return outcome
}

extension Program.Outcome {
    /// The lines of JSON on the standard output.
    func jsonLines(sourceLocation: SourceLocation = #_sourceLocation) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            let object = try JSONSerialization.jsonObject(with: Data($0.utf8))
            return try #require(object as? [String: Any], sourceLocation: sourceLocation)
        }
    }

    /// The one line of JSON on the standard output.
    func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        #expect(output.filter { $0 == "\n" }.count == 1 && output.hasSuffix("\n"), sourceLocation: sourceLocation)
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(object as? [String: Any], sourceLocation: sourceLocation)
    }
}
