import TestFiles
import Testing

@testable import LeibnizSymbolic

@Suite struct IntegrationTests {
    @Test func `of two hundred integrals most are found, and neither answers nor steps are wrong`() throws {
        #expect(integrands.count == 200)
        var found = 0
        for text in integrands {
            let integrand = try Formula(text)
            guard let worked = try? integrand.workedAntiderivative(by: "x") else { continue }
            found += 1
            let derivative = try worked.antiderivative.differentiated(by: "x")
            #expect(Formula.agree(derivative, integrand), "∫ \(text) = \(worked.antiderivative)")
            #expect(!worked.steps.isEmpty)
            for step in worked.steps {
                guard let variable = variable(of: step) else { continue }
                let slope = try step.to.rawDerivative(by: variable)
                // Some inner steps hold only where a substitution leads: there may be too few common points.
                if let (left, right) = values(slope, step.from) {
                    #expect(left.isClose(to: right, relative: 1e-6), "\(step)")
                }
            }
        }
        #expect(found >= 185, "\(found)")
    }

    /// The variable that a step integrates by: x, or that of a substitution.
    private func variable(of step: WorkedStep) -> String? {
        ["x", "u", "v", "w", "s"].first { name in
            step.from.variables.contains(name)
                && !step.from.variables.contains { $0 != name && ["x", "u", "v", "w", "s"].contains($0) }
        }
    }

    /// Both values at the first point where there are some.
    private func values(_ a: Formula, _ b: Formula) -> (Double, Double)? {
        for t in [0.37, 0.71, 1.3, 2.6, 0.11] {
            let point = Dictionary(
                uniqueKeysWithValues: Set(a.variables).union(b.variables).sorted().enumerated().map {
                    ($1, t + 0.2 * Double($0))
                })
            if let left = try? a.evaluated(at: point), let right = try? b.evaluated(at: point), abs(right) < 1e6 {
                return (left, right)
            }
        }
        return nil
    }

    @Test func `random integrands have no wrong answers, and end`() throws {
        var formulas = RandomFormulas(seed: 11)
        formulas.variables = ["x"]
        formulas.functions = [.exp, .log, .sin, .cos, .tan, .atan, .asin, .abs, .cosh, .sigmoid, .cbrt, .erf]
        var found = 0
        let count = rounds(150)
        for _ in 0..<count {
            let integrand = formulas.next(depth: 3)
            guard let answer = try? integrand.antiderivative(by: "x") else { continue }
            found += 1
            #expect(Formula.agree(try answer.differentiated(by: "x"), integrand), "∫ \(integrand) = \(answer)")
        }
        #expect(found > 8 * count / 25, "\(found)")
    }

    @Test func `what differentiation gives is integrated back`() throws {
        for text in [
            "x^3*exp(2x)", "sin(x)^4", "log(x)^2*x", "sqrt(x^2 + 3)", "atan(x/2)", "1/(x^2 + x + 3)", "x*asin(x)",
        ] {
            let integrand = try Formula(text).differentiated(by: "x")
            let difference = try integrand.antiderivative(by: "x") - Formula(text)
            #expect(Formula.agree(try difference.differentiated(by: "x"), .zero), "\(text)")
        }
    }

    private static let definite: [(String, String, String, String?, Double)] = [
        ("x^2", "0", "3", "9", 9), ("sin(x)", "0", "pi", "2", 2),
        ("exp(-x^2)", "-infinity", "infinity", "sqrt(pi)", 1.7724538509055161),
        ("log(x)", "0", "1", "-1", -1), ("1/(1 + x^2)", "0", "infinity", "pi/2", 1.5707963267948966),
        // The antiderivative jumps at π: only numbers have the value.
        ("1/(2 + cos(x))", "0", "2 pi", nil, 3.6275987284684357), ("exp(x^2)", "0", "1", nil, 1.4626517459071816),
        ("1/sqrt(1 - x^2)", "-1", "1", "pi", 3.141592653589793), ("abs(x)", "-1", "2", "5/2", 2.5),
    ]

    @Test(arguments: definite.indices)
    func `integrals between bounds`(index: Int) throws {
        let (text, lower, upper, exact, value) = Self.definite[index]
        let integral = try Formula(text).definiteIntegral(by: "x", from: Formula(lower), to: Formula(upper))
        #expect(integral.value.isClose(to: value, relative: 1e-9))
        #expect(integral.exact?.description == exact)
    }

    @Test(arguments: [
        ("1/x", "-1", "1"), ("1/x^2", "-1", "1"), ("1/x", "1", "infinity"), ("1/(x - 1/3)", "0", "1"),
        ("exp(x)", "0", "infinity"), ("sin(x)", "0", "infinity"), ("log(x)", "-1", "1"), ("1/cos(x)^2", "0", "pi"),
        ("tan(x)", "0", "2"), ("1/(x - 0.7)^2", "0", "2"),
    ])
    func `integrals that diverge are no numbers`(text: String, lower: String, upper: String) throws {
        #expect(throws: EvaluationError.self) {
            try Formula(text).definiteIntegral(by: "x", from: Formula(lower), to: Formula(upper))
        }
    }

    @Test func `another rule can take the place of the quadrature`() throws {
        let midpoint: FormulaProgram.Quadrature = { f, lower, upper in
            let step = (upper - lower) / 1000
            var sum = 0.0
            for index in 0..<1000 { sum += try f(lower + (Double(index) + 0.5) * step) }
            return (sum * step, 1e-5)
        }
        let integral = try Formula("exp(x^2)").definiteIntegral(by: "x", from: .zero, to: .one, quadrature: midpoint)
        #expect(integral.evaluations == 1000 && integral.value.isClose(to: 1.4626517459071816, relative: 1e-5))
    }
}
