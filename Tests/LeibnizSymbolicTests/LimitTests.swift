import Testing

@testable import LeibnizSymbolic

@Suite struct LimitTests {
    private static let known: [(String, String, LimitSide, String)] = [
        ("sin(x)/x", "0", .both, "1"), ("(1 - cos(x))/x^2", "0", .both, "1/2"), ("(1 + 1/x)^x", "infinity", .both, "e"),
        ("x*log(x)", "0", .above, "0"), ("x^x", "0", .above, "1"), ("log(x)/x", "infinity", .both, "0"),
        ("x^2*exp(-x)", "infinity", .both, "0"), ("exp(x)/x^5", "infinity", .both, "infinity"),
        ("1/x", "0", .below, "-infinity"),
        ("(x^2 - 1)/(x - 1)", "1", .both, "2"), ("abs(x)/x", "0", .below, "-1"), ("x*sin(1/x)", "0", .both, "0"),
        ("(tan(x) - sin(x))/x^3", "0", .both, "1/2"), ("sqrt(x^2 + x) - x", "infinity", .both, "1/2"),
        ("atan(x)", "-infinity", .both, "-pi/2"), ("exp(1/x)", "0", .above, "infinity"), ("exp(1/x)", "0", .below, "0"),
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "infinity", .both, "1"), ("cos(x)^(1/x^2)", "0", .both, "exp(-1/2)"),
        ("log(log(x))/log(x)", "infinity", .both, "0"), ("x^pi/x^2", "0", .above, "0"),
        ("(a^x - 1)/x", "0", .both, "log(a)"),
        ("(x^n - 1)/(x - 1)", "1", .both, "n"), ("x*gamma(x)", "0", .both, "1"), ("floor(x)", "2", .below, "1"),
        ("log(exp(x) + 1)/x", "infinity", .both, "1"), ("x - log(cosh(x))", "infinity", .both, "log(2)"),
        ("cbrt(x)/x", "0", .both, "infinity"), ("exp(-1/x^2)/x^10", "0", .both, "0"),
        ("(2^x - 3^x)/x", "0", .both, "log(2) - log(3)"),
        ("sqrt(x)/x", "0", .above, "infinity"), ("x^2", "3", .both, "9"), ("log(x)", "0", .both, "-infinity"),
        ("(sqrt(1 + x) - 1)/cbrt(x)", "0", .both, "0"), ("x^(1/x)", "infinity", .both, "1"),
        ("erf(x)", "infinity", .both, "1"), ("tan(x)", "pi/2", .below, "infinity"),
        ("sec(x)", "pi/2", .above, "-infinity"),
        ("1/cos(x)^2", "pi/2", .both, "infinity"), ("cot(x)", "pi", .above, "infinity"),
        ("tan(2*x)", "pi/4", .above, "-infinity"),
        ("(x - pi/2)*tan(x)", "pi/2", .both, "-1"), ("log(tan(x))", "pi/2", .below, "infinity"),
        ("cbrt(x)", "0", .both, "0"),
        ("x^0.1", "0", .above, "0"), ("sqrt(x)", "0", .above, "0"), ("floor(x)", "1", .below, "0"),
    ]

    @Test(arguments: known.indices)
    func `known limits`(index: Int) throws {
        let (text, point, side, limit) = Self.known[index]
        #expect(try Formula(text).limit(by: "x", to: Formula(point), from: side).description == limit)
    }

    @Test func `where the sides differ there is no limit`() throws {
        for text in ["1/x", "abs(x)/x", "exp(1/x)", "sign(x)", "piecewise(x < 0, 1, x)"] {
            let error = try #require(throws: SymbolicError.self) { try Formula(text).limit(by: "x", to: .zero) }
            #expect(error.kind == .noAnswer, "\(error)")
        }
    }

    @Test func `oscillations have no limit`() throws {
        #expect(throws: SymbolicError.self) { try Formula("sin(x)").limit(by: "x", to: .infinity) }
        #expect(throws: SymbolicError.self) { try Formula("cos(1/x)").limit(by: "x", to: .zero) }
        #expect(throws: SymbolicError.self) { try Formula("x*sin(x)").limit(by: "x", to: .infinity) }
    }

    @Test func `limits of random quotients are those that numbers tend to`() throws {
        var formulas = RandomFormulas(seed: 12)
        formulas.variables = ["x"]
        formulas.functions = [.exp, .sin, .cos, .tan, .atan, .sinh, .tanh, .log, .asinh, .erf]
        var compared = 0
        let count = rounds(400)
        for _ in 0..<count {
            let formula = formulas.next(depth: 3) / formulas.next(depth: 2)
            guard let limit = try? formula.limit(by: "x", to: .zero, from: .above), let value = try? limit.evaluated(),
                let near = try? [1e-3, 1e-4, 1e-5, 1e-6].map({ try formula.evaluated(at: ["x": $0]) })
            else { continue }
            // Numbers that still move tell nothing, and steps that do not become shorter, as those of x^0.0001, may lead far.
            let steps = (0..<3).map { abs(near[$0] - near[$0 + 1]) }
            guard value.isFinite, steps[0] < 1e-2 * max(1, abs(near[1])), steps[2] <= 0.9 * steps[1] else { continue }
            compared += 1
            #expect(abs(near[1] - value) < 0.05 * max(1, abs(value)), "\(formula) → \(limit), but \(near)")
        }
        #expect(compared > count / 4, "\(compared)")
    }
}

@Suite struct SeriesTests {
    private static let known: [(String, String, Int, String)] = [
        ("exp(x)", "0", 4, "1 + x + x^2/2 + x^3/6 + x^4/24"), ("sin(x)", "0", 5, "x - x^3/6 + x^5/120"),
        ("tan(x)", "0", 7, "x + x^3/3 + 2*x^5/15 + 17*x^7/315"),
        ("x/(exp(x) - 1)", "0", 4, "1 - x/2 + x^2/12 - x^4/720"),
        ("1/sin(x)", "0", 3, "1/x + x/6 + 7*x^3/360"), ("sqrt(x)", "4", 2, "2 + (x - 4)/4 - (x - 4)^2/64"),
        ("exp(a*x)", "0", 2, "1 + a*x + a^2*x^2/2"), ("sin(x)/x", "0", 4, "1 - x^2/6 + x^4/120"),
        ("integral(exp(-t^2), t, 0, x)", "0", 5, "x - x^3/3 + x^5/10"),
        ("erf(x)", "0", 3, "2*x/sqrt(pi) - 2*x^3/(3*sqrt(pi))"),
        ("gamma(x)", "0", 0, "1/x + digamma(1)"),
    ]

    @Test(arguments: known.indices)
    func `known series`(index: Int) throws {
        let (text, center, order, series) = Self.known[index]
        #expect(
            try Formula(text).taylorSeries(by: "x", at: Formula(center), order: order).formula.description == series)
    }

    @Test func `coefficients are derivatives over factorials`() throws {
        var formulas = RandomFormulas(seed: 13)
        formulas.variables = ["x"]
        formulas.functions = [
            .exp, .sin, .cos, .tan, .atan, .sinh, .tanh, .log, .asinh, .erf, .asin, .sigmoid, .gamma, .sec,
        ]
        var compared = 0
        let count = rounds(200)
        for _ in 0..<count {
            let formula = formulas.next(depth: 3)
            guard let center = Rational(Int.random(in: -3...3, using: &formulas.generator), 2).map({ Formula($0) }),
                let series = try? formula.taylorSeries(by: "x", at: center, order: 3), series.lowestPower == 0
            else { continue }
            var (derivative, factorial) = (formula, 1.0)
            for power in 0...3 {
                if power > 0 {
                    (derivative, factorial) = (try derivative.differentiated(by: "x"), factorial * Double(power))
                }
                guard let value = try? derivative.evaluated(at: ["x": center.evaluated()]), abs(value) < 1e9,
                    let found = try? series.coefficients[power].evaluated()
                else { continue }
                compared += 1
                #expect(
                    found.isClose(to: value / factorial, relative: 1e-8, absolute: 1e-9),
                    "\(formula), \(power), \(center)")
            }
        }
        #expect(compared > count, "\(compared)")
    }

    @Test func `what has no series is said`() throws {
        for (text, center) in [
            ("abs(x)", "0"), ("sqrt(x)", "0"), ("log(x)", "0"), ("exp(1/x)", "0"), ("x", "infinity"), ("floor(x)", "1"),
        ] {
            #expect(throws: SymbolicError.self) {
                try Formula(text).taylorSeries(by: "x", at: Formula(center), order: 2)
            }
        }
        #expect(throws: SymbolicError.self) { try Formula("x").taylorSeries(by: "x", at: .zero, order: 61) }
    }
}

@Suite struct EquationTests {
    private static let known: [(String, [String])] = [
        ("2x + 3", ["-3/2"]), ("x^2 - 5x + 6", ["2", "3"]), ("x^2 - 2", ["-sqrt(2)", "sqrt(2)"]), ("a*x + b", ["-b/a"]),
        ("x^3 - 6x^2 + 11x - 6", ["1", "2", "3"]), ("x^3 - 2", ["cbrt(2)"]),
        ("x^4 - 5x^2 + 6", ["-sqrt(3)", "-sqrt(2)", "sqrt(2)", "sqrt(3)"]),
        ("exp(x) - 5", ["log(5)"]), ("exp(2x) - 3 exp(x) + 2", ["0", "log(2)"]),
        ("sin(x) - 1/2", ["2*pi*k + pi/6", "2*pi*k + 5*pi/6"]),
        ("sqrt(x + 1) - 3", ["8"]), ("x*exp(x)", ["0"]), ("(x - 1)(x + 2)/(x - 1)", ["-2"]),
        ("abs(x - 1) - 2", ["-1", "3"]),
        ("2^x - 8", ["3"]), ("(x^2 - 1)*log(x)", ["1"]), ("x^2*exp(x) - exp(x)", ["-1", "1"]),
        ("sqrt(x) - x", ["0", "1"]),
        ("x^3 + x + 1", ["cbrt(sqrt(93)/18 - 1/2) - cbrt(sqrt(93)/18 + 1/2)"]), ("x^3 - a", ["cbrt(a)"]),
        ("1/x - 2", ["1/2"]),
    ]

    @Test(arguments: known.indices)
    func `known equations`(index: Int) throws {
        let (text, values) = Self.known[index]
        #expect(try Formula(text).solutions(for: "x").values.map(\.description) == values)
    }

    @Test func `what has no real solution is told from what was not found`() throws {
        for text in ["x^2 + 1", "exp(x) + 1", "sqrt(x) + 3", "2 + 0*x", "1"] {
            #expect(
                try #require(throws: SymbolicError.self) { try Formula(text).solutions(for: "x") }.kind == .noAnswer,
                "\(text)")
        }
        for text in ["x^5 - x - 1", "x + exp(x)", "x^x - 4"] {
            #expect(
                try #require(throws: SymbolicError.self) { try Formula(text).solutions(for: "x") }.kind == .notFound)
        }
        #expect(try Formula("x - x").solutions(for: "x").isIdentity)
    }

    @Test func `polynomials are zero at their solutions`() throws {
        var generator = SplitMix(seed: 14)
        var found = 0
        for _ in 0..<300 {
            let degree = Int.random(in: 1...4, using: &generator)
            let text = (0...degree).map { "(\(Int.random(in: -6...6, using: &generator)))*x^\($0)" }.joined(
                separator: "+")
            let polynomial = try Formula(text)
            guard let solutions = try? polynomial.solutions(for: "x") else { continue }
            for value in solutions.values {
                found += 1
                let x = try value.evaluated()
                #expect(
                    abs(try polynomial.evaluated(at: ["x": x])) < 1e-8 * pow(max(1, abs(x)), 4), "\(text): \(value)")
            }
        }
        #expect(found > 250, "\(found)")
    }

    private func pow(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { product, _ in product * x } }
}
