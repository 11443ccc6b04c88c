import Foundation
import TestFiles
import Testing

@Suite struct FormulaTests {
    @Test func `a derivative with value and steps`() throws {
        let result = try leibniz([
            "derive", "x^2*y^3", "--wrt", "x,y", "--at", "x=1,y=2", "--steps", "--format", "json",
        ]).json()
        #expect(
            Set(result.keys) == [
                "expression", "variables", "derivative", "latex", "value", "assumptions", "steps",
            ])
        #expect(result["derivative"] as? String == "6*x*y^2" && result["latex"] as? String == "6 x y^{2}")
        #expect(result["value"] as? Double == 24)
        let steps = try #require(result["steps"] as? [[String: String]])
        #expect(steps.allSatisfy { Set($0.keys) == ["rule", "statement", "from", "to"] })
        #expect(steps.first?["rule"] == "constant factor rule" && steps.first?["from"] == "derivative(x^2*y^3, x)")
    }

    private static let lines: [([String], String)] = [
        (["derive", "-x^2"], "-2*x\n"), (["derive", "-x^2", "--at", "x=-1"], "-2*x\n= 2.0\n"),
        (["derive", "x^3", "--order", "2", "--format", "latex"], "6 x\n"),
        (["derive", "x*y", "--gradient"], "d/dx: y\nd/dy: x\n"),
        (["derive", "x^2 sin(x)", "--format", "unicode"], "x²·cos(x) + 2·x·sin(x)\n"),
        (["simplify", "piecewise(x < 0, 1/0, x)"], "piecewise(x < 0, 1/0, x)\n"),
        (
            ["derive", "x^2", "--steps", "--format", "swift"],
            """
            // 1. power rule: (xⁿ)′ = n·xⁿ⁻¹
            //    d/dx x²
            //    = 2·x
            func f(_ x: Double) -> Double {
                return 2.0 * x
            }

            """
        ),
        (["derive", "x^2", "--format", "swift"], "func f(_ x: Double) -> Double {\n    return 2.0 * x\n}\n"),
        (["simplify", "-x/x"], "-1\nwhere x != 0\n"), (["simplify", "(x^2-1)/(x-1)", "--format", "latex"], "x + 1\n"),
        (["integrate", "-x^2"], "-x^3/3\n"),
        (["integrate", "1/(x^2+1)", "--format", "latex"], "\\arctan\\left(x\\right)\n"),
        (["taylor", "-sin(x)", "--at", "-0", "--order", "3"], "-x + x^3/6\n"),
        (["taylor", "log(x)", "--at", "1", "--order", "1"], "x - 1\n"),
        (["limit", "-1/x", "--to", "-infinity"], "0\n"),
        (["limit", "1/x", "--to", "0", "--side", "below"], "-infinity\n"),
        (["solve", "x^2 = 4"], "x = -2\nx = 2\n"), (["solve", "-x = 3"], "x = -3\n"),
        (["solve", "x = x"], "every x is a solution\n"), (["derive", "--x"], "1\n"), (["simplify", "--2"], "2\n"),
        (["derive", "--(x^2)", "--wrt=x"], "2*x\n"),
    ]

    @Test(arguments: lines.indices)
    func `formulas and their answers, also with a minus sign first`(index: Int) throws {
        let (arguments, output) = Self.lines[index]
        let run = try leibniz(arguments)
        #expect(run.status == 0 && run.errors.isEmpty && run.output == output, "\(run)")
    }

    @Test func `JSON has the same keys with steps and without`() throws {
        for arguments in [
            ["derive", "x^2"], ["integrate", "x^2"], ["integrate", "x^2", "--from", "0", "--to", "1"],
        ] {
            let plain = try leibniz(arguments + ["--json"]).json()
            let worked = try leibniz(arguments + ["--json", "--steps"]).json()
            #expect(Set(plain.keys) == Set(worked.keys))
            #expect((plain["steps"] as? [Any])?.isEmpty == true && (worked["steps"] as? [Any])?.isEmpty == false)
        }
    }

    @Test func `the Hessian is symmetric`() throws {
        let result = try leibniz(["derive", "x^2*y + sin(x*y)", "--hessian", "--at", "x=1,y=-2", "--json"]).json()
        let value = try #require(result["value"] as? [[Double]])
        #expect(value.count == 2 && value[0][1] == value[1][0])
        // fxx = 2y − y²·sin(x·y) at (1, −2)
        #expect(abs(value[0][0] - (-4 - 4 * sin(-2.0))) < 1e-14)
    }

    @Test func `integrals between bounds tell value, error and work`() throws {
        let result = try leibniz(["integrate", "-x^2", "--from", "-1", "--to", "1", "--json"]).json()
        #expect(result["exact"] as? String == "-2/3" && result["antiderivative"] as? String == "-x^3/3")
        #expect(try #require(result["value"] as? Double) == -2.0 / 3 && (result["evaluations"] as? Int ?? 0) > 0)
        let open = try leibniz(["integrate", "exp(x^2)", "--from", "0", "--to", "1", "--json"]).json()
        #expect(open["antiderivative"] is NSNull && open["exact"] is NSNull)
        #expect(abs(try #require(open["value"] as? Double) - 1.4626517459071816) < 1e-9)
    }

    private static let ruleCases: [(formula: String, rule: String, value: Double, error: Double, evaluations: Int)] = [
        // With panels of width h the trapezoid's error is h²f″/12, the midpoint's −h²f″/24: exactly so for parabolas.
        ("x^2", "trapezoid(4)", 0.34375, 0.0078125, 14), ("x^2", "midpoint(4)", 0.328125, 0.00390625, 12),
        ("x^3", "Simpson(1)", 0.25, 0, 8), ("x^7", "gausslegendre(4)", 0.125, 0, 12),
        ("x^4", "clenshawCurtis(4)", 0.2, 0, 14),
    ]

    @Test(arguments: ruleCases.indices)
    func `a fixed rule between bounds, with its error`(index: Int) throws {
        let (formula, rule, value, error, evaluations) = Self.ruleCases[index]
        let result = try leibniz(["integrate", formula, "--from", "0", "--to", "1", "--rule", rule, "--json"]).json()
        #expect(abs(try #require(result["value"] as? Double) - value) < 1e-15)
        #expect(abs(try #require(result["error"] as? Double) - error) < 1e-15)
        #expect(result["evaluations"] as? Int == evaluations)
    }

    @Test func `a tolerance between bounds decides the work`() throws {
        let counts = try ["1e-3", "1e-13"].map { tolerance in
            let arguments = ["integrate", "sqrt(x) sin(30x)", "--from", "0", "--to", "3", "--tolerance", tolerance]
            let result = try leibniz(arguments + ["--json"]).json()
            // By mpmath's quad with 30 digits.
            #expect(abs(try #require(result["value"] as? Double) - 0.0299707768741495) < 2 * (Double(tolerance) ?? 0))
            return try #require(result["evaluations"] as? Int)
        }
        #expect(counts[0] < counts[1])
        let run = try leibniz(["integrate", "1/x", "--from", "0", "--to", "1", "--tolerance", "1e-6"])
        #expect(run.status == 65 && run.output.isEmpty && run.errors.contains("0"), "\(run)")
    }

    @Test func `series, limits and solutions in JSON`() throws {
        let series = try leibniz(["taylor", "cos(x)", "--order", "4", "--json"]).json()
        #expect(series["coefficients"] as? [String] == ["1", "0", "-1/2", "0", "1/24"])
        let limit = try leibniz(["limit", "(1+1/x)^x", "--to", "infinity", "--json"]).json()
        #expect(limit["limit"] as? String == "e")
        let solutions = try leibniz(["solve", "x^2 = 2", "--json"]).json()
        #expect(solutions["solutions"] as? [String] == ["-sqrt(2)", "sqrt(2)"] && solutions["all"] as? Bool == true)
    }

    private static let mistakes: [([String], Int32, String, Int)] = [
        (["derive", "1 + foo(x)"], 64, "no function is called foo", 5),
        (["derive", "x + 1/0"], 65, "division by zero", 7), (["derive", "x*log(-1)"], 65, "log of -1 is undefined", 3),
        (["simplify", "0/0"], 65, "division by zero", 3),
        (["integrate", "x + asin(2)"], 65, "asin of 2 is undefined", 5),
        (["integrate", "sin(x)", "--from", "0", "--to", "infinity"], 65, "not found to converge", 1),
        (["integrate", "2 + 1/x", "--from", "0", "--to", "1"], 65, "goes to -infinity at 0", 1),
        (["integrate", "x", "--from", "0", "--to", "infinity"], 65, "goes to infinity at infinity", 1),
        (["derive", "sqrt(x"], 64, "not closed", 1),
        (["derive", "-x +"], 64, "ends where", 5),
        (["derive", "log(x)/x", "--at", "x=-1"], 65, "log of -1 is undefined", 1),
        (["derive", "1 + 1/x", "--at", "x=0"], 65, "division by zero", 7),
        (["simplify", "2 3"], 64, "a sign is missing", 3),
        (["derive", "x + sum(k, k, 1, x)"], 65, "no derivative by its bounds", 5),
        (["solve", "x^2 = (3"], 64, "not closed", 7),
        (["derive", "x", "--at", "x=1/0"], 64, "division by zero", 3),
        (["integrate", "x + 1/x", "--from", "-1", "--to", "1"], 65, "division by zero", 7),
    ]

    @Test(arguments: mistakes.indices)
    func `a mistake is marked with its column`(index: Int) throws {
        let (arguments, status, message, column) = Self.mistakes[index]
        let run = try leibniz(arguments)
        #expect(run.status == status && run.output.isEmpty, "\(run)")
        #expect(run.errors.contains(message) && run.errors.contains("^ column \(column)\n"), "\(run.errors)")
    }

    @Test(arguments: [
        ["integrate", "exp(x^2)"], ["solve", "x^5 = x + 1"], ["limit", "sin(x)", "--to", "infinity"],
        ["taylor", "abs(x)"], ["solve", "x^2 = -1"],
    ])
    func `what has no answer ends with 65`(arguments: [String]) throws {
        let run = try leibniz(arguments)
        #expect(run.status == 65 && run.output.isEmpty && run.errors.hasPrefix("SymbolicError: "), "\(run)")
    }

    @Test func `hostile formulas end soon`() throws {
        let brackets = String(repeating: "(", count: 60_000)
        let run = try leibniz(["derive", brackets])
        #expect(run.status == 64 && run.errors.contains("^ column 60001"))
        #expect(try leibniz(["derive", brackets + "x" + String(repeating: ")", count: 60_000)]).output == "1\n")
        #expect(
            try leibniz([
                "derive", String(repeating: "sin(", count: 20_000) + "x" + String(repeating: ")", count: 20_000),
            ]).status == 64)
        #expect(try leibniz(["derive", "x" + String(repeating: "+x", count: 40_000)]).output == "40001\n")
    }
}
