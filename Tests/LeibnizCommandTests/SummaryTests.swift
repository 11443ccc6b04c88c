import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct SummaryTests {
    @Test(arguments: [
        (["convnet"], "ConvNet", 61_706), (["vision", "--pooling", "learned-lp"], "ResidualNet", 73_084),
        (["speech"], "SpeechNet", SpeechNet().parameterCount), (["linear-regression"], "Linear", 2),
        (["language", "--steps", "5", "--characters", "30"], "CharacterModel", nil),
        (["language", "--model", "transformer", "--steps", "5"], "CharacterModel", nil),
    ])
    func `a model is told part by part`(_ arguments: [String], _ name: String, _ parameters: Int?) throws {
        let run = try leibniz(["summary", "--json"] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        let result = try run.json()
        let rows = try #require(result["rows"] as? [[String: Any]])
        #expect(result["model"] as? String == name)
        for key in ["parameters", "flops"] {
            let sum = rows.reduce(0) { $0 + ($1[key] as? Int ?? 0) }
            #expect(result[key] as? Int == sum && sum > 0)
        }
        if let parameters { #expect(result["parameters"] as? Int == parameters) }
    }

    @Test func `the batch multiplies arithmetic and not parameters`() throws {
        let one = try leibniz(["summary", "convnet", "--json"]).json()
        let four = try leibniz(["summary", "convnet", "--json", "--batch-size", "4"]).json()
        #expect(4 * (try #require(one["flops"] as? Int)) == four["flops"] as? Int)
        #expect(one["parameters"] as? Int == four["parameters"] as? Int)
        #expect(four["inputs"] as? [[Int]] == [[4, 1, 32, 32]])
    }

    @Test func `people get a table`() throws {
        let run = try leibniz(["summary", "convnet"])
        #expect(run.status == 0 && run.output.hasPrefix("ConvNet on [1, 1, 32, 32]\n\nmodule  operations"))
        let lines = run.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("conv2 ") && $0.contains("[1, 16, 10, 10]") && $0.contains(" 2416 ") })
        #expect(run.output.contains("parameters: 61706 numbers to train"))
    }

    @Test func `an unknown model is refused`() throws {
        let run = try leibniz(["summary", "alexnet"])
        #expect(run.status == 64 && run.errors.contains("convnet"))
    }
}
