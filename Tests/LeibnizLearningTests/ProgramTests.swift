import Foundation
import Leibniz
import TestFiles
import Testing

/// The lines with which the library presents itself, letter by letter: the examples must contain them as they are.
private enum Article {
    static let linearRegression = """
        import Leibniz

        let x = Tensor.normal([100, 1], seed: 1)
        let y = 2 * x + 3 + Tensor.normal([100, 1], seed: 2)

        let model = Linear(1, 1)
        let optimizer = SGD(model, learningRate: 0.01)

        for epoch in 1...1000 {
            let loss = meanSquaredError(model(x), y)
            try optimizer.minimize(loss)
            if epoch % 100 == 0 { print("Epoch [\\(epoch)/1000], Loss: \\(try loss.item())") }
        }
        """
    static let network = """
        struct ConvNet: Module {
            let conv1 = Conv2D(1, 6, kernelSize: 5)
            let conv2 = Conv2D(6, 16, kernelSize: 5)
            let pool = MaxPool2D(2)
            let fc1 = Linear(16 * 5 * 5, 120), fc2 = Linear(120, 84), fc3 = Linear(84, 10)

            func callAsFunction(_ x: Tensor) -> Tensor {
                var x = pool(relu(conv1(x)))
                x = pool(relu(conv2(x))).flattened(from: 1)
                x = relu(fc1(x)); x = relu(fc2(x))
                return fc3(x)
            }
        }
        """
    static let step = """
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = crossEntropy(model(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        """

    /// The source of an example.
    static func source(_ example: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("Examples/\(example)/main.swift"), encoding: .utf8)
    }
}

@Suite struct `The article's programs` {
    @Test func `the first is as printed, runs, and ends at the closed-form solution`() throws {
        #expect(try Article.source("LinearRegression") == Article.linearRegression + "\n")
        let outcome = try Program(name: "LinearRegression").run()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 10)
        for (place, line) in lines.enumerated() {
            #expect(line.hasPrefix("Epoch [\(100 * (place + 1))/1000], Loss: "))
        }
        // Least squares in closed form: w = cov(x, y)/var(x), b = ȳ − w·x̄.
        let x = Tensor.normal([100, 1], seed: 1)
        let y = 2 * x + 3 + Tensor.normal([100, 1], seed: 2)
        let (a, b) = (try x.doubles(), try y.doubles())
        let (meanX, meanY) = (a.reduce(0, +) / 100, b.reduce(0, +) / 100)
        let covariance = zip(a, b).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
        let w = covariance / a.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
        let best = zip(a, b).map { pow($1 - meanY - w * ($0 - meanX), 2) }.reduce(0, +) / 100
        let last = try #require(lines.last?.split(separator: " ").last.flatMap { Double($0) })
        #expect(last.isClose(to: best, within: 1e-6))
        #expect(abs(w - 2) < 0.5 && abs(meanY - w * meanX - 3) < 0.5)
    }

    @Test func `the second is as printed, and learns`() throws {
        let source = try Article.source("ConvNet")
        #expect(source.contains(Article.network))
        #expect(source.contains(Article.step))
        let outcome = try Program(name: "ConvNet").run(environment: Program.compiler)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let accuracy = outcome.output.split(separator: "\n").last?.split(separator: " ").last.flatMap { Double($0) }
        #expect(try #require(accuracy) > 0.78, "\(outcome.output)")
    }

    @Test func `the first's loop here recovers the line it was given, to the closed form`() throws {
        let x = Tensor.normal([100, 1], seed: 1)
        let y = 2 * x + 3 + Tensor.normal([100, 1], seed: 2)
        let model = Linear(1, 1)
        let optimizer = SGD(model, learningRate: 0.1)
        for _ in 1...200 { try optimizer.minimize(meanSquaredError(model(x), y)) }
        let g = try gradients(of: meanSquaredError(model(x), y), model)
        #expect(try g.norm.item() < 1e-5)
    }
}
