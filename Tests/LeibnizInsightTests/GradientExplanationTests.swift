import Foundation
import Leibniz
import Testing

/// The chain rule that is written out is the one that is computed.
struct GradientExplanationTests {
    @Test func `values, partials and adjoints of a small program`() throws {
        let explanation = try explainGradient(
            of: { $0[0] * sin($0[0] * $0[1]) }, at: [Tensor(2, .float64), Tensor(0.5, .float64)])
        let steps = explanation.steps
        #expect(steps.map(\.name) == ["x", "y", "v1", "v2", "v3"])
        #expect(steps.map(\.operation) == ["argument", "argument", "multiply", "sin", "multiply"])
        #expect(steps.map(\.formula) == ["x", "y", "x·y", "sin(v1)", "x·v2"])
        let values = try steps.map { try $0.value.item() }
        #expect(values == [2, 0.5, 1, sin(1.0), 2 * sin(1.0)])
        let adjoints = try steps.map { try $0.adjoint.item() }
        #expect(adjoints[4] == 1 && adjoints[3] == 2 && adjoints[2].isClose(to: 2 * cos(1.0), relative: 1e-15))
        #expect(adjoints[0].isClose(to: sin(1.0) + cos(1.0), relative: 1e-15))
        #expect(adjoints[1].isClose(to: 4 * cos(1.0), relative: 1e-15))
        #expect(steps[3].contributions.map { "\($0.partial ?? .pi)" } == ["cos(v1)"])
        #expect(steps[2].contributions.map { "\($0.partial ?? .pi)" } == ["y", "x"])
    }

    @Test func `adjoints are the sum of gains, and the arguments' are the gradient`() throws {
        let (x, w) = (Tensor.normal([3], seed: 1, .float64), Tensor.normal([2, 3], seed: 2, .float64))
        let f = { (t: [Tensor]) in mean(tanh(matmul(t[1], t[0])) * t[0][..<2]) + sum(t[0] * t[0]) }
        let explanation = try explainGradient(of: f, at: [x, w], names: ["x", "W"])
        let gradients = valueWithGradients(at: [x, w], of: f).gradients
        for (name, gradient) in zip(["x", "W"], gradients) {
            let step = try #require(explanation.steps.first { $0.name == name })
            for (a, b) in zip(try step.adjoint.doubles(), try gradient.doubles()) {
                #expect(a.isClose(to: b, relative: 1e-14, absolute: 1e-15))
            }
        }
        for step in explanation.steps.dropLast() where step.operation != "constant" {
            let gains = explanation.steps.flatMap(\.contributions).filter { $0.operand == step.name }.map(\.gain)
            let total = gains.reduce(step.adjoint.filled(0)) { $0 + $1 }
            #expect(try sum(abs(total - step.adjoint)).item() < 1e-14, "\(step.name)")
            for contribution in step.contributions {
                guard let partial = contribution.partialValue else { continue }
                #expect(try sum(abs(contribution.gain - partial * step.adjoint)).item() < 1e-14)
            }
        }
    }

    @Test func `an operand that occurs twice has a partial for each place`() throws {
        let explanation = try explainGradient(of: { $0 * $0 }, at: Tensor(3, .float64))
        #expect(explanation.steps[1].contributions.map { "\($0.partial ?? .pi)" } == ["x", "x"])
        #expect(try explanation.steps[0].adjoint.item() == 6)
    }

    @Test func `Markdown and LaTeX show every step`() throws {
        let explanation = try explainGradient(of: { sum(abs($0) * 2 + exp(-$0)) }, at: [1, -2])
        let markdown = explanation.markdown
        for step in explanation.steps { #expect(markdown.contains("| \(step.name) |")) }
        #expect(markdown.contains("∂f/∂x = [1.63212, -9.38906]"), "\(markdown)")
        #expect(markdown.contains("[2]") && markdown.contains("adjoint of sum"))
        // A bar inside a cell would end it.
        for line in markdown.split(separator: "\n") where line.hasPrefix("| x ") {
            #expect(line.replacing("\\|", with: "").count { $0 == "|" } == 5, "\(line)")
        }
        let latex = explanation.latex
        #expect(latex.hasPrefix("\\begin{align*}") && latex.hasSuffix("\\end{align*}"))
        #expect(latex.count { $0 == "{" } == latex.count { $0 == "}" })
        #expect(throws: TensorError.self) { try explainGradient(of: { $0 }, at: [1, 2]) }
    }
}
