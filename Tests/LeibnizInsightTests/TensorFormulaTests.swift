import Leibniz
import Testing

/// A formula on tensors has the values that it has alone, and the derivatives that it has as a formula.
struct TensorFormulaTests {
    private static let ys = [0.3, 1.7, 2.5, -1.2]

    /// A formula and numbers x at which it has a value.
    struct Case: CustomTestStringConvertible {
        let text: String
        let xs: [Double]
        var testDescription: String { text }
        init(_ text: String, _ xs: [Double] = [0.4, 1.3, 2.2, -0.7]) { (self.text, self.xs) = (text, xs) }
    }

    static let cases: [Case] = [
        Case("3*x^2 - 2*x*y + y^3/4 - 1"), Case("x/(1 + y^2)/(x^2 + 1)"), Case("-x"), Case("1/x - 2/x^2 + x^-3"),
        Case("x^(1/2)", [0.2, 1, 3, 40]), Case("x^y", [0.3, 1.5, 2, 5]), Case("2^x"), Case("pi*x - e"), Case("cbrt(x)"),
        Case("exp(x)*log(x^2 + 1)"), Case("log2(x)", [0.2, 1, 3, 40]), Case("log10(x)", [0.2, 1, 3, 40]),
        Case("log(x)", [0.2, 1, 3, 40]), Case("abs(x)"), Case("sign(x)*x"), Case("floor(x) + x"), Case("ceil(x)*x"),
        Case("sin(x)*cos(y)"), Case("tan(x)"), Case("cot(x)"), Case("sec(x)"), Case("csc(x)"),
        Case("asin(x)", [0.1, -0.9, 0.5, 0.99]), Case("acos(x)", [0.1, -0.9, 0.5, 0.99]), Case("atan(x)"),
        Case("sinh(x) + cosh(y)"), Case("tanh(x*y)"), Case("asinh(x)", [0, -3, 1e-9, -1e20]),
        Case("acosh(x)", [1.0001, 1.5, 20, 1e9]), Case("atanh(x)", [0, -0.99, 1e-8, 0.5]),
        Case("gamma(x)", [0.3, 1.5, 6, 4.5]), Case("lgamma(x)", [0.3, 1.5, 6, 20]),
        Case("digamma(x)", [0.3, 1.5, 6, 20]), Case("polygamma(2, x)", [0.3, 1.5, 6, 20]),
        Case("beta(x, 2.5)", [0.3, 1.5, 6, 20]), Case("x!", [0.3, 1.5, 6, 4]), Case("erf(x)"), Case("erfc(x)"),
        Case("relu(x)"), Case("sigmoid(x)", [30, -30, 0, 2]), Case("softplus(x)", [30, -30, 0, 2]),
        Case("min(x, y, 1)"), Case("max(x, y)"), Case("piecewise(x < 0, -x, x >= 1, x^2, sin(x))"),
        Case("sum(x^k/k!, k, 0, 12)"), Case("sum(sum(x*i + y^j, i, 1, 3), j, 1, 4)"),
        Case("sum(x, k, 1, 5)"), Case("sum(k*x, k, 3, 2)"), Case("derivative(x^3*y, x)"), Case("sin(x)^2 + sin(x)"),
    ]

    @Test(arguments: cases)
    func `values and derivatives are the formula's`(test: Case) throws {
        let formula = try Formula(test.text)
        let derivative = try formula.differentiated(by: "x")
        let function = try TensorFormula(formula, variables: ["x", "y"])
        let (x, y) = (Tensor(test.xs, shape: [4], .float64), Tensor(Self.ys, shape: [4], .float64))
        let values = try function(["x": x, "y": y]).broadcast(to: [4]).doubles()
        let slopes = try gradient { sum(function([$0, y]) * Tensor.ones([4], .float64)) }(x).doubles()
        for (place, x) in test.xs.enumerated() {
            let point = ["x": x, "y": Self.ys[place]]
            let (value, slope) = (try formula.evaluated(at: point), try derivative.evaluated(at: point))
            #expect(values[place].isClose(to: value, relative: 1e-13, absolute: 1e-14), "at \(point): \(value)")
            #expect(slopes[place].isClose(to: slope, relative: 1e-11, absolute: 1e-13), "at \(point): \(slope)")
        }
    }

    @Test func `arguments broadcast and keep their element type`() throws {
        let f = try TensorFormula(Formula("x + y"))
        let x = Tensor.ones([3, 1]), y = Tensor.ones([2])
        #expect(f([x, y]).shape == [3, 2])
        #expect(f([x, y]).elementType == .float32)
        #expect(f([x.cast(to: .float64), y.cast(to: .float64)]).elementType == .float64)
        let constant = try TensorFormula(Formula("2^0.5"), variables: ["x"])
        #expect(try constant([Tensor(1, .float64)]).item() == 2.0.squareRoot())
    }

    @Test func `what tensors lack is said, with the part`() throws {
        let integral = #expect(throws: SymbolicError.self) {
            try TensorFormula(Formula("1 + integral(exp(-t^2), t, 0, x)"))
        }
        #expect(integral?.kind == .notFound)
        #expect(integral?.subexpression.variables == ["x"])
        let sum = #expect(throws: SymbolicError.self) { try TensorFormula(Formula("sum(x^k, k, 0, infinity)")) }
        let inner = #expect(throws: SymbolicError.self) { try TensorFormula(Formula("sum(sum(x, i, 1, j), j, 1, 4)")) }
        #expect(inner?.kind == .notFound)
        #expect(sum?.kind == .notFound)
        let long = #expect(throws: SymbolicError.self) { try TensorFormula(Formula("sum(x^k, k, 1, 10^9)")) }
        #expect(long?.kind == .tooLarge)
        let missing = #expect(throws: SymbolicError.self) { try TensorFormula(Formula("x*y"), variables: ["x"]) }
        #expect(missing?.kind == .argument)
        let f = try TensorFormula(Formula("x*y"))
        #expect(throws: TensorError.self) { try f([1]).item() }
        #expect(throws: TensorError.self) { try f(["x": 1]).item() }
    }

    @Test func `a branch that is not taken has no say in the derivative`() throws {
        let texts = [
            "piecewise(x > 0, x*log(x), 0)", "piecewise(x < 0, sqrt(-x), x == 0, 0, sqrt(x))",
            "piecewise(x > 1, acosh(x)*y, x > 0, log(x)/y, 1/(x - 1))",
            "2*piecewise(x > 0, piecewise(x < 1, asin(x), log(x)), -x)",
        ]
        for text in texts {
            let formula = try Formula(text)
            let (f, derivative) = (
                try TensorFormula(formula, variables: ["x", "y"]), try formula.differentiated(by: "x")
            )
            let xs = [-1.5, 0.5, 2.5]
            let x = Tensor(xs, shape: [3], .float64), y = Tensor(0.7, .float64)
            let (values, slopes) = (try f([x, y]).doubles(), try gradient { sum(f([$0, y])) }(x).doubles())
            for (place, x) in xs.enumerated() {
                let point = ["x": x, "y": 0.7]
                #expect(values[place].isClose(to: try formula.evaluated(at: point), relative: 1e-14), "\(text) at \(x)")
                #expect(
                    slopes[place].isClose(to: try derivative.evaluated(at: point), relative: 1e-13), "\(text) at \(x)")
            }
        }
    }

    @Test func `a part that occurs again is computed once`() throws {
        // Without sharing this doubles with each level.
        var formula = Formula.variable("x")
        for _ in 0..<40 { formula = .function(.sin, [formula]) + .function(.cos, [formula]) }
        let f = try TensorFormula(formula)
        let value = try f([Tensor(0.3, .float64)]).item()
        #expect(value.isClose(to: try formula.evaluated(at: ["x": 0.3]), relative: 1e-12))
    }
}
