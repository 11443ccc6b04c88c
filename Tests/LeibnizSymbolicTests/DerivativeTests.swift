import Testing

@testable import LeibnizSymbolic

@Suite struct DerivativeTests {
    @Test(arguments: [
        ("x^2", "2*x"), ("-x^2", "-2*x"), ("sin(x^2)", "2*x*cos(x^2)"), ("x^2 sin(x)", "x^2*cos(x) + 2*x*sin(x)"),
        ("exp(-x)", "-exp(-x)"), ("log(x)", "1/x"), ("x^x", "x^x*(log(x) + 1)"), ("2^x", "2^x*log(2)"),
        ("sin(x)/x", "(x*cos(x) - sin(x))/x^2"), ("abs(x)", "sign(x)"), ("relu(x)", "piecewise(x > 0, 1, 0)"),
        ("piecewise(x < 0, -x, x^2)", "piecewise(x < 0, -1, 2*x)"), ("sum(x^k, k, 1, n)", "sum(k*x^(k - 1), k, 1, n)"),
        ("integral(exp(-t^2), t, 0, x)", "exp(-x^2)"),
        ("integral(t*x, t, x, x^2)", "2*x^4 - x^2 + integral(t, t, x, x^2)"),
        ("y", "0"), ("derivative(x^3, x)", "6*x"),
    ])
    func `known derivatives`(text: String, derivative: String) throws {
        #expect(try Formula(text).differentiated(by: "x").description == derivative)
    }

    /// Central differences of the eighth order (Fornberg 1988).
    private func difference(_ f: (Double) throws -> Double, _ x: Double, _ h: Double) rethrows -> Double {
        let weights = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280]
        var sum = 0.0
        for (index, weight) in weights.enumerated() {
            let step = Double(index + 1) * h
            sum += weight * (try f(x + step) - f(x - step))
        }
        return sum / h
    }

    @Test func `derivatives agree with central differences`() throws {
        var formulas = RandomFormulas(seed: 4)
        let steps: Set<Formula.Function> = [.sign, .floor, .ceil]
        formulas.functions.removeAll { steps.contains($0) }
        var (compared, holes) = (0, 0)
        let count = rounds(1500)
        for _ in 0..<count {
            let formula = formulas.next(depth: 4)
            let derivative = try formula.differentiated(by: "x")
            let point = formulas.point()
            let x = point["x"] ?? 0
            let program = try FormulaProgram(formula, variables: ["x", "y"])
            func f(_ x: Double) throws -> Double { try program([x, point["y"] ?? 0]) }
            // Two steps tell whether the difference itself is right.
            guard let coarse = try? difference(f, x, 2e-3), let fine = try? difference(f, x, 1e-3),
                abs(fine) < 1e6, abs(coarse - fine) < 1e-8 * max(1, abs(fine))
            else { continue }
            // uᵛ has a logarithm of u in its derivative: where u is zero or below, the formula has no value.
            guard let found = try? derivative.evaluated(at: point) else {
                holes += 1
                continue
            }
            compared += 1
            #expect(
                found.isClose(to: fine, relative: 1e-6, absolute: 1e-7),
                "d/dx \(formula) = \(derivative) is \(found), not \(fine), at \(point)")
        }
        #expect(3 * compared > count && 100 * holes < compared, "\(compared), \(holes)")
    }

    @Test func `second and mixed derivatives agree with differences of first ones`() throws {
        var formulas = RandomFormulas(seed: 6)
        formulas.functions = [.exp, .sin, .cos, .tanh, .log, .atan, .sigmoid, .softplus, .erf, .sinh, .asinh, .gamma]
        var compared = 0
        let count = rounds(400)
        for _ in 0..<count {
            let formula = formulas.next(depth: 3)
            let hessian = try formula.hessian(by: ["x", "y"])
            let gradient = try formula.gradient(by: ["x", "y"])
            let point = formulas.point(in: 0.5...2)
            // What has no value, as a division by x − x, has no derivatives to be right.
            guard (try? formula.evaluated(at: point)) != nil else { continue }
            for (row, slope) in gradient.enumerated() {
                let program = try FormulaProgram(slope, variables: ["x", "y"])
                for (column, name) in ["x", "y"].enumerated() {
                    func f(_ t: Double) throws -> Double {
                        var arguments = [point["x"] ?? 0, point["y"] ?? 0]
                        arguments[column] = t
                        return try program(arguments)
                    }
                    guard let fine = try? difference(f, point[name] ?? 0, 1e-3),
                        let coarse = try? difference(f, point[name] ?? 0, 2e-3),
                        abs(fine) < 1e6, abs(fine - coarse) < 1e-8 * max(1, abs(fine))
                    else { continue }
                    compared += 1
                    let found = try? hessian[row][column].evaluated(at: point)
                    #expect(
                        found?.isClose(to: fine, relative: 1e-6, absolute: 1e-7) == true,
                        "\(formula), \(row), \(column): \(hessian[row][column])")
                }
            }
        }
        #expect(compared > 5 * count / 3, "\(compared)")
    }

    @Test func `steps name their rules, and begin with the whole`() throws {
        let worked = try Formula("x^2 sin(3x)").workedDerivative(by: "x")
        #expect(
            worked.steps.map(\.rule) == [
                "product rule", "power rule", "chain rule, sin", "constant factor rule", "simplify",
            ])
        #expect(worked.steps[0].from.description == "derivative(x^2*sin(3*x), x)")
        #expect(worked.steps[0].to.description == "derivative(x^2, x)*sin(3*x) + x^2*derivative(sin(3*x), x)")
        #expect(worked.derivative.description == "3*x^2*cos(3*x) + 2*x*sin(3*x)")
    }

    @Test func `every step keeps the value`() throws {
        var formulas = RandomFormulas(seed: 7)
        formulas.functions = [.exp, .sin, .cos, .tanh, .log, .atan, .sigmoid, .cbrt]
        for _ in 0..<200 {
            let worked = try formulas.next(depth: 3).workedDerivative(by: "x")
            let point = formulas.point(in: 0.5...2)
            for step in worked.steps {
                guard let from = try? step.from.evaluated(at: point), abs(from) < 1e9,
                    let to = try? step.to.evaluated(at: point)
                else { continue }
                #expect(from.isClose(to: to, relative: 1e-8, absolute: 1e-8), "\(step)")
            }
        }
    }

    @Test func `what has no derivative is said`() throws {
        #expect(throws: SymbolicError.self) { try Formula("sum(k, k, 1, x)").differentiated(by: "x") }
        #expect(throws: SymbolicError.self) { try Formula("polygamma(x, 2)").differentiated(by: "x") }
        #expect(throws: SymbolicError.self) { try Formula("x").differentiated(by: "x", order: 101) }
        let factors = (1...1500).map { "sin(\($0) x)" }.joined(separator: " ")
        #expect(throws: SymbolicError.self) { try Formula(factors).differentiated(by: "x") }
    }
}
