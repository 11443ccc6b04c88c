import Foundation
import Leibniz
import Testing

@Suite struct LinearRegressionTests {
    static let keys: Set = ["w", "b", "loss", "epochs", "converged", "seconds"]

    /// The solution of the normal equations for the points of the example program, each sum in double precision.
    static func closedForm() throws -> (w: Double, b: Double) {
        let x = try Tensor.normal([100, 1], seed: 1).doubles()
        let noise = try Tensor.normal([100, 1], seed: 2).doubles()
        let y = zip(x, noise).map { 2 * $0 + 3 + $1 }
        var (n, sx, sy, sxx, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (x, y) in zip(x, y) { (n, sx, sy, sxx, sxy) = (n + 1, sx + x, sy + y, sxx + x * x, sxy + x * y) }
        let determinant = n * sxx - sx * sx
        return ((n * sxy - sx * sy) / determinant, (sxx * sy - sx * sxy) / determinant)
    }

    @Test(arguments: [nil, "llvm", "interpreter"]) func `the article's line is the one of least squares`(
        backend: String?
    ) throws {
        let environment = backend.map { ["LEIBNIZ_BACKEND": $0] } ?? [:]
        let run = try leibniz(["train", "linear-regression", "--json"], environment: environment)
        #expect(run.status == 0)
        let result = try run.json()
        #expect(Set(result.keys) == Self.keys)
        let (w, b) = try Self.closedForm()
        #expect(abs(try #require(result["w"] as? Double) - w) < 1e-3)
        #expect(abs(try #require(result["b"] as? Double) - b) < 1e-3)
        #expect(result["epochs"] as? Int == 1000)
        #expect(result["converged"] as? Bool == true)
        #expect(try #require(result["seconds"] as? Double) > 0)
        #expect(try #require(result["loss"] as? Double) < 1)
        #expect(run.errors.components("Epoch [") == 10)
    }

    @Test func `without JSON the article's lines come first and the result last`() throws {
        let run = try leibniz(["train", "linear-regression", "--epochs", "1000"])
        #expect(run.status == 0 && run.errors.isEmpty)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 11)
        for (place, line) in lines.dropLast().enumerated() {
            #expect(line.wholeMatch(of: /Epoch \[(\d+)\/1000\], Loss: \d+\.\d{4}/)?.1 == "\(100 * (place + 1))")
        }
        let slope = try #require(lines.last?.firstMatch(of: /w = (\d+\.\d+)/)?.1)
        #expect(abs(try #require(Double(slope)) - 2) < 0.3)
    }

    @Test func `a tolerance ends training early, and one epoch does not converge`() throws {
        let early = try leibniz(["train", "linear-regression", "--tolerance", "1e-3", "--json"]).json()
        #expect(early["converged"] as? Bool == true)
        let epochs = try #require(early["epochs"] as? Int)
        #expect(epochs > 10 && epochs < 900)
        let later = try leibniz(["train", "linear-regression", "--tolerance", "1e-9", "--epochs", "5000", "--json"])
            .json()
        #expect(later["converged"] as? Bool == true)
        #expect(try #require(later["epochs"] as? Int) > epochs)
        let short = try leibniz(["train", "linear-regression", "--epochs", "1", "--json"]).json()
        #expect(short["converged"] as? Bool == false && short["epochs"] as? Int == 1)
    }

    @Test func `seeds, negative ones too, have points of their own and always the same`() throws {
        func line(_ seed: String) throws -> [Double] {
            let result = try leibniz(["train", "linear-regression", "--seed", seed, "--json"]).json()
            return try ["w", "b", "loss"].map { try #require(result[$0] as? Double) }
        }
        let seven = try line("-7")
        #expect(try line("-7") == seven)
        #expect(try line("7") != seven)
    }

    @Test(arguments: ["1e30", "3"]) func `what diverges is null and said to be so`(rate: String) throws {
        let run = try leibniz(["train", "linear-regression", "--learning-rate", rate, "--json"])
        #expect(run.status == 0)
        let result = try run.json()
        #expect(Set(result.keys) == Self.keys.union(["status"]))
        #expect(result["status"] as? String == "diverged")
        #expect(result["loss"] is NSNull)
        #expect(result["converged"] as? Bool == false)
        let text = try leibniz(["train", "linear-regression", "--learning-rate", rate])
        #expect(text.status == 0 && text.output.contains("Training diverged after"))
    }

    #if os(Linux)
        @Test func `a result that cannot be written is an error`() throws {
            let run = try leibniz(["train", "linear-regression", "--epochs", "1", "--json"], outputPath: "/dev/full")
            #expect(run.status == 74)
            #expect(run.errors.contains("standard output") && run.errors.contains("No space left"))
        }
    #endif
}
