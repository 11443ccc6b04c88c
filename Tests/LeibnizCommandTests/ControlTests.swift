import Foundation
import TestFiles
import Testing

@Suite struct ControlCommandTests {
    static let keys: Set = [
        "environment", "method", "mean_return", "episodes", "environment_steps", "seconds", "return_deviation",
        "least_return", "rounds", "steps_per_second", "seed",
    ]

    @Test func `the best value of the walk over the ice is found twice`() throws {
        let run = try leibniz(["train", "control", "--environment", "frozen-lake", "--json"])
        #expect(run.status == 0 && run.errors.isEmpty)
        let result = try run.json()
        #expect(Set(result.keys) == Self.keys.union(["start_value", "ascent_value"]))
        for name in ["start_value", "ascent_value"] {
            #expect(abs(try #require(result[name] as? Double) - 0.5420259) < 1e-7)
        }
        #expect(result["method"] as? String == "value-iteration" && result["episodes"] as? Int == 100)
        // About 0.74 of all walks come to the goal within 100 steps; 4.5 deviations.
        #expect(abs(try #require(result["mean_return"] as? Double) - 0.74) < 0.2)
    }

    @Test func `a training that is continued ends where one without a break does`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func train(_ more: [String]) throws -> Program.Outcome {
            try leibniz(["train", "control", "--epochs", "10", "--seed", "5", "--threads", "1", "--json"] + more)
        }
        let whole = try train([]).json()
        #expect(Set(whole.keys) == Self.keys)
        #expect(whole["environment"] as? String == "cartpole" && whole["method"] as? String == "ppo")
        #expect(whole["environment_steps"] as? Int == 10 * 8 * 128)
        // The limit leaves time for little more than the first rounds, if that.
        let first = try train(["--checkpoint", folder, "--limit-seconds", "4"])
        #expect(first.status == 0)
        let rest = try train(["--checkpoint", folder, "--resume", "--log", folder, "--plot", folder])
        let result = try rest.json()
        for name in ["mean_return", "least_return", "environment_steps", "rounds"] {
            #expect(result[name] as? Double == whole[name] as? Double, "\(name)")
        }
        #expect(try String(contentsOfFile: "\(folder)/returns.svg", encoding: .utf8).contains("<svg"))
        let refused = try leibniz(
            ["train", "control", "--epochs", "11", "--seed", "5", "--checkpoint", folder, "--resume"])
        #expect(refused.status != 0 && refused.errors.contains("epochs 10") && refused.errors.contains("epochs 11"))
    }
}
