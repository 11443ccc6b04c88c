import Testing

@testable import LeibnizSymbolic

@Suite struct SimplificationTests {
    private static let short: [(String, String, [String])] = [
        ("x + x", "2*x", []), ("x*x^2", "x^3", []), ("x/x", "1", ["x != 0"]), ("sqrt(x^2)", "abs(x)", []),
        ("sqrt(x)^2", "x", ["x >= 0"]), ("x - x", "0", []), ("log(x) - log(x)", "0", ["log(x) is defined"]),
        ("sin(x)^2 + cos(x)^2", "1", []), ("3 sin(x)^2 + 3 cos(x)^2 + y", "y + 3", []), ("exp(log(x))", "x", ["x > 0"]),
        ("log(exp(x))", "x", []), ("(x^2 - 1)/(x - 1)", "x + 1", ["x - 1 != 0"]), ("(x+1)^2 - x^2 - 2x - 1", "0", []),
        ("sqrt(12)", "2*sqrt(3)", []), ("1/sqrt(2)", "sqrt(2)/2", []), ("sqrt(6)/sqrt(2)", "sqrt(3)", []),
        ("sin(pi/6) + cos(pi)", "-1/2", []), ("abs(-3x)", "3*abs(x)", []), ("exp(x) exp(-x)", "1", []),
        ("exp(x)^2", "exp(2*x)", []), ("x^2/x", "x", ["x != 0"]), ("log(x^2)", "2*log(abs(x))", []),
        ("2*(x + 1) + 3", "2*x + 5", []), ("sum(k, k, 1, 10)", "55", []), ("sum(x^k, k, 0, 2)", "x^2 + x + 1", []),
        ("sin(-x) + sin(x)", "0", []), ("tan(atan(x))", "x", []), ("max(x, x, 1, 2)", "max(x, 2)", []),
        ("piecewise(1 < 2, x, y)", "x", []), ("0*x", "0", []), ("0*log(x)", "0", ["log(x) is defined"]),
        ("(x*y)^2/x", "x*y^2", ["x != 0"]), ("cosh(x)^2 - sinh(x)^2", "1", []), ("sqrt(4x + 4)", "2*sqrt(x + 1)", []),
        ("4^x/4^x", "1", []), ("derivative(x^3, x)", "3*x^2", []), ("0.1 + 0.2", "3/10", []), ("6!", "720", []),
        ("1/(1/x)", "x", ["x != 0"]), ("abs(x)^2", "x^2", []), ("log(1/2)", "-log(2)", []),
    ]

    @Test(arguments: short)
    func `known formulas become short, with their conditions`(text: String, short: String, conditions: [String]) throws
    {
        let simplification = try Formula(text).simplification()
        #expect(simplification.formula.description == short)
        #expect(simplification.assumptions.map(\.description) == conditions)
    }

    @Test func `simplifying never changes a value`() throws {
        var formulas = RandomFormulas(seed: 2)
        var compared = 0
        let count = rounds(2000)
        for _ in 0..<count {
            let formula = formulas.next(depth: 4)
            let simplified = formula.simplified()
            for _ in 0..<4 {
                let point = formulas.point()
                guard let value = try? formula.evaluated(at: point), abs(value) < 1e12 else { continue }
                // What rounding may do is seen from how much a value moves with the last digits of its arguments.
                let near = point.mapValues { $0 * (1 + 1e-13) }
                guard let moved = try? formula.evaluated(at: near), abs(moved - value) < 1e-6 * max(1, abs(value))
                else {
                    continue
                }
                let found = try? simplified.evaluated(at: point)
                compared += 1
                #expect(
                    found?.isClose(to: value, relative: 1e-6, absolute: 1e-6) == true,
                    "\(formula) = \(value), but \(simplified) = \(String(describing: found)) at \(point)")
            }
        }
        #expect(4 * compared > 3 * count, "\(compared)")
    }

    @Test func `simplifying twice is simplifying once`() {
        var formulas = RandomFormulas(seed: 3)
        var stable = 0
        for _ in 0..<1000 {
            let once = formulas.next(depth: 3).simplified()
            if once.simplified() == once { stable += 1 }
        }
        #expect(stable >= 990)
    }
}
