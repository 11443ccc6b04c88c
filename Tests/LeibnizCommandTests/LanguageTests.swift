import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct LanguageTests {
    /// Two short plays.
    private func plays() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, line) in [("a", "to be or not to be, "), ("b", "all the world is a stage. ")] {
            try folder.write(Array(String(repeating: line, count: 40).utf8), as: "\(name).txt")
        }
        return folder
    }

    private func train(_ data: String, _ options: [String]) throws -> Program.Outcome {
        try leibniz(
            ["train", "language", "--data", data, "--width", "8", "--batch-size", "4", "--steps", "16", "--json"]
                + options)
    }

    @Test(arguments: ["lstm", "gru", "transformer"])
    func `a model learns, is measured, and writes`(_ model: String) throws {
        let (data, checkpoints, pictures) = (try plays(), try TemporaryFolder(), try TemporaryFolder())
        let run = try train(
            data.path,
            ["--model", model, "--epochs", "4", "--checkpoint", checkpoints.path, "--plot", pictures.path])
        #expect(run.status == 0, "\(run.errors)")
        let result = try run.json()
        let nats = try #require(result["validation_nats"] as? Double)
        let bits = try #require(result["bits_per_character"] as? Double)
        #expect(abs(bits - nats / log(2)) < 1e-9)
        // Fewer than by drawing each of the 22 characters alike.
        #expect(nats < log(22))
        #expect(result["model"] as? String == model && result["ending"] as? String == "finished")
        #expect(result["held_out_characters"] as? Int == 40 - 1 + 52 - 1)
        #expect(FileManager.default.fileExists(atPath: "\(pictures.path)/learning-curve.svg"))
        func written(_ options: [String]) throws -> Program.Outcome {
            try leibniz(["generate", "--checkpoint", checkpoints.path, "--prompt", "to ", "--count", "30"] + options)
        }
        let text = try written([])
        #expect(text.status == 0 && text.output.hasPrefix("to ") && text.output.count == 34)
        #expect(try written([]).output == text.output)
        let json = try written(["--json"]).json()
        #expect(json["text"] as? String == text.output.dropFirst(3).dropLast().description)
        let foreign = try leibniz(["generate", "--checkpoint", checkpoints.path, "--prompt", "§"])
        #expect(foreign.status == 65 && foreign.errors.contains("vocabulary"))
    }

    @Test func `a training that goes on ends as one that was not interrupted`() throws {
        let (data, one, other) = (try plays(), try TemporaryFolder(), try TemporaryFolder())
        func result(_ folder: TemporaryFolder, _ options: [String]) throws -> Double? {
            try train(data.path, ["--epochs", "6", "--checkpoint", folder.path] + options).json()["validation_nats"]
                as? Double
        }
        let whole = try result(one, [])
        // The limit ends the first run after one step.
        let cut = try train(
            data.path, ["--epochs", "6", "--checkpoint", other.path, "--limit-seconds", "0.01"]
        ).json()
        #expect(cut["ending"] as? String == "time limit")
        #expect(try result(other, ["--resume"]) == whole)
    }

    @Test func `a training that diverges names the step, in JSON too`() throws {
        let data = try plays()
        let run = try train(data.path, ["--model", "transformer", "--learning-rate", "1e30", "--epochs", "4"])
        #expect(run.status == 65 && run.errors.contains("NonFiniteLoss: "))
        let result = try run.json()
        let step = try #require(result["step"] as? Int)
        #expect(result["status"] as? String == "diverged" && step > 1 && run.errors.contains("at step \(step) "))
        #expect(result["train_loss"] is NSNull && result["cause"] is String)
    }

    @Test func `what is not there is told`() throws {
        let folder = try TemporaryFolder()
        let empty = try train(folder.path, [])
        #expect(empty.status == 66 && empty.errors.contains("there are no texts"), "\(empty.errors)")
        let none = try leibniz(["generate", "--checkpoint", folder.path])
        #expect(none.status == 66 && none.errors.contains("there is no checkpoint"))
    }
}
