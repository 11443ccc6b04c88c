import Foundation
import Leibniz
import Testing

/// `verify` agrees where rules are right, and names the operation whose rule is wrong.
struct VerificationTests {
    /// A sine whose reverse rule, or both, are wrong.
    private static func wrongSine(isForwardWrong: Bool) -> CustomRule {
        CustomRule(
            { sin($0) }, forward: { x, _, dx in isForwardWrong ? -cos(x) * dx : cos(x) * dx },
            reverse: { x, _, dy in -cos(x) * dy })
    }

    @Test func `all five ways agree`() throws {
        let numbers = [0.4, -1.3, 2]
        let report = try verify(
            { x in sum(sin(x) * exp(-x * x) + pow(x, 3)) }, at: Tensor(numbers, shape: [3], .float64))
        #expect(report.agrees && report.culprit == nil && report.symbolicRefusal == nil, "\(report)")
        #expect(report.derivatives.map(\.name) == ["x[0]", "x[1]", "x[2]"])
        for (derivative, x) in zip(report.derivatives, numbers) {
            #expect(derivative.values.count == 5)
            let expected = (cos(x) - 2 * x * sin(x)) * exp(-x * x) + 3 * x * x
            for method in DerivativeMethod.allCases {
                let value = try #require(derivative.values[method])
                #expect(value.isClose(to: expected, relative: method == .numerical ? 1e-10 : 1e-14), "\(method)")
                #expect(try #require(derivative.digits(of: method)) > 9)
            }
            #expect(
                Swift.abs(try #require(derivative.values[.numerical]) - expected) <= 10 * derivative.numerical.error)
        }
        #expect(report.description.contains("all methods agree") && report.description.contains("df/dx[1]"))
    }

    @Test func `a function of several tensors`() throws {
        let report = try verify({ sum($0[0] * sin($0[1])) }, at: [[1, 2], 0.5], names: ["w", "b"])
        #expect(report.agrees && report.derivatives.map(\.name) == ["w[0]", "w[1]", "b"])
        let large = try verify({ sum(tanh($0)) }, at: .normal([100], seed: 1))
        #expect(large.agrees && large.derivatives.count == 4 && large.formula == nil, "\(large)")
    }

    @Test(arguments: [false, true])
    func `a wrong rule is named`(isForwardWrong: Bool) throws {
        let wrong = Self.wrongSine(isForwardWrong: isForwardWrong)
        let report = try verify({ x in sum(exp(x) * tanh(wrong(x * x))) }, at: [0.4, 0.9])
        #expect(!report.agrees)
        let culprit = try #require(report.culprit)
        #expect(culprit.operation == "custom" && culprit.shape == [2], "\(report)")
        #expect(culprit.numerical.value.isClose(to: -culprit.reverse, relative: 1e-9))
        #expect(report.verdict.contains("custom"))
        #expect(report.derivatives[0].agrees(.numerical) == false && report.derivatives[0].agrees(.symbolic) == false)
    }

    @Test func `a gradient that is stopped is named`() throws {
        let report = try verify({ x in x * x.stopGradient() }, at: 3)
        #expect(report.culprit?.operation == "stop_gradient" && report.culprit?.numerical.hasKink == false)
    }

    @Test func `a kink is told from a mistake`() throws {
        let report = try verify({ relu($0) }, at: 0)
        #expect(!report.agrees && report.culprit?.numerical.hasKink == true && report.verdict.contains("kink"))
        #expect(report.derivatives[0].numerical.sides == (0, 1))
    }

    @Test func `formulas are verified too`() throws {
        let report = try verify(Formula("x^2*sin(y) + gamma(x)"), at: ["x": 1.5, "y": -0.7])
        #expect(report.agrees && report.derivatives.map(\.name) == ["x", "y"], "\(report)")
        #expect(throws: EvaluationError.self) { try verify(Formula("log(x)"), at: ["x": -1]) }
        #expect(throws: TensorError.self) { try verify({ $0 }, at: [1, 2]) }
        let single = Tensor(2.0)
        #expect(throws: TensorError.self) { try verify({ sum($0.cast(to: .float32) * single) }, at: [1, 2]) }
    }

    @Test func `the V-curve has its bottom where truncation meets rounding`() throws {
        let exact = cos(1.0)
        let found = NumericalDerivative(count: 40) { sin(1 + $0) }
        #expect(Swift.abs(found.value - exact) <= 10 * found.error && found.error < 1e-12)
        let step = try #require(found.bestStep)
        #expect(step < 1e-3 && step > 1e-8)
        // Truncation is h²/6·|f‴| on the left arm; rounding rules the right one.
        let first = found.curve[0]
        #expect((first.deviation / (first.step * first.step / 6 * exact)).isClose(to: 1, relative: 0.01))
        #expect(try #require(found.curve.last).deviation > 1e3 * (found.curve.map(\.deviation).min() ?? 0))
        // Where the function ends, steps that leave it do not count.
        let edge = NumericalDerivative { (0.01 + $0) < 0 ? .nan : (0.01 + $0).squareRoot() }
        #expect(edge.value.isClose(to: 5, relative: 1e-9) && !edge.hasKink)
    }
}
