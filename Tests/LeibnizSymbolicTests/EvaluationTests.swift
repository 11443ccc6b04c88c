import Testing

@testable import LeibnizSymbolic

@Suite struct EvaluationTests {
    private static let faults: [(String, EvaluationError.Kind, Int)] = [
        ("1/(x - x)", .divisionByZero, 3), ("1 + log(-1)", .outsideDomain, 5), ("y*log(x - 1)", .outsideDomain, 3),
        ("2 + sqrt(-x)", .outsideDomain, 5), ("(-8)^(1/3)", .outsideDomain, 1), ("asin(2)", .outsideDomain, 1),
        ("x + (-1)!", .outsideDomain, 5), ("1 + z", .unknownVariable, 5), ("infinity - infinity", .indeterminate, 1),
        ("sum(k, k, 1/2, 3)", .notSummable, 1), ("sum(1/k, k, 1, infinity)", .notSummable, 1),
        ("3 + sum(sum(1, k, 1, 10^7), j, 1, 10^6)", .tooMuchWork, 9), ("integral(1/t, t, 0, 1)", .notSummable, 1),
        ("gamma(0)", .outsideDomain, 1), ("0^-x", .divisionByZero, 1), ("sum(1/(k - 2), k, 1, 3)", .divisionByZero, 7),
        ("atanh(x)", .outsideDomain, 1), ("cot(0)", .outsideDomain, 1),
    ]

    @Test(arguments: faults)
    func `what has no value is named, with its column`(text: String, kind: EvaluationError.Kind, column: Int) throws {
        let parsed = try ParsedFormula(text)
        let error = try #require(throws: EvaluationError.self) { try parsed.formula.evaluated(at: ["x": 1, "y": 2]) }
        #expect(error.kind == kind, "\(error)")
        #expect(parsed.column(of: error.subexpression) == column, "\(parsed.message(error))")
        #expect(parsed.message(error).hasSuffix("^ column \(column)"))
    }

    @Test func `a branch that is not taken may be undefined`() throws {
        let formula = try Formula("piecewise(x > 0, log(x), 0)")
        #expect(try formula.evaluated(at: ["x": -1]) == 0)
        #expect(try formula.evaluated(at: ["x": 1]) == 0)
        #expect(throws: EvaluationError.self) { try Formula("piecewise(log(x) > 0, 1, 0)").evaluated(at: ["x": -1]) }
    }

    @Test func `special functions keep their identities`() throws {
        var generator = SplitMix(seed: 9)
        for _ in 0..<500 {
            let x = Double.random(in: -6...30, using: &generator)
            guard abs(x - x.rounded()) > 0.05 else { continue }
            func value(_ text: String) throws -> Double { try Formula(text).evaluated(at: ["x": x]) }
            #expect(try value("gamma(x + 1)").isClose(to: value("x gamma(x)"), relative: 1e-11))
            #expect(try value("lgamma(x)").isClose(to: value("log(abs(gamma(x)))"), relative: 1e-10, absolute: 1e-12))
            #expect(try value("digamma(x + 1)").isClose(to: value("digamma(x) + 1/x"), relative: 1e-9, absolute: 1e-9))
            for order in 1...4 {
                let step = try value("polygamma(\(order), x + 1) - polygamma(\(order), x)")
                #expect(
                    step.isClose(
                        to: try value("(-1)^\(order)*\(order)!/x^\(order + 1)"), relative: 1e-6, absolute: 1e-6))
            }
            if x > 0 {
                #expect(
                    try value("beta(x, 3/2)").isClose(to: value("gamma(x) gamma(3/2)/gamma(x + 3/2)"), relative: 1e-11))
            }
        }
        #expect(try Formula("digamma(1)").evaluated().isClose(to: -0.577215664901532861, relative: 1e-14))
        #expect(try Formula("polygamma(1, 1)").evaluated().isClose(to: 1.6449340668482264, relative: 1e-13))
        #expect(try Formula("polygamma(2, 1)").evaluated().isClose(to: -2.4041138063191885, relative: 1e-13))
    }

    private static let integrals: [(String, Double)] = [
        ("integral(exp(-t^2), t, -infinity, infinity)", 1.7724538509055161), ("integral(sqrt(t), t, 0, 1)", 2.0 / 3),
        ("integral(1/(1 + t^2), t, 0, infinity)", Double.pi / 2), ("integral(abs(t), t, -1, 2)", 2.5),
        ("integral(t, t, 2, 1)", -1.5), ("integral(integral(x*y, x, 0, y), y, 0, 1)", 0.125),
        ("sum(1/2^k, k, 0, infinity)", 2),
        ("sum(k, k, 3, 1)", 0),
    ]

    @Test(arguments: integrals)
    func `sums and integrals have their values`(text: String, value: Double) throws {
        #expect(try Formula(text).evaluated().isClose(to: value, relative: 1e-9))
    }

    @Test func `decimals are exact, and large numbers become approximate`() throws {
        #expect(try Formula("0.1*3 - 0.3") == Formula(0))
        #expect(try Formula("9223372036854775807 + 1").evaluated() == 9.223372036854775807e18)
        #expect(Rational(Int.min, -1) == nil && Rational(1, 0) == nil && Rational(6, -4) == Rational(-3, 2))
        #expect(Rational(Int.min, 2) == Rational(Int.min / 2))
    }
}
