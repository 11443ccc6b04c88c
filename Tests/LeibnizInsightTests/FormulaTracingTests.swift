import Leibniz
import Testing

/// A function of tensors that is traced to a formula has the same values.
struct FormulaTracingTests {
    /// Functions of two numbers.
    static let pairs: [(name: String, f: @Sendable (Tensor, Tensor) -> Tensor)] = [
        ("x*sin(x*y)", { x, y in x * sin(x * y) }),
        ("a network's neuron", { x, y in tanh(0.5 * x - 2 * y + 0.25) * sigmoid(y) + softplus(x) }),
        ("powers", { x, y in pow(x, 3) - pow(y * y + 1, 0.5) + pow(y * y + 1, -1.5) + pow(x * x + 1, y) }),
        ("logarithms", { x, y in log1p(x * x) + expm1(y) + rsqrt(1 + y * y) + log(2 + x * x) }),
        ("choices", { x, y in which((x > 0).and(y > 0), x, which((x < y).or(~(y > 1)), x * y, y)) }),
        ("extremes", { x, y in maximum(x, y) * minimum(x, 0.5) + clamp(y, -0.5, 0.5) + abs(x) + relu(y) }),
        ("steps", { x, y in floor(x) + ceil(y) + sign(x) * y + x % 0.75 }),
        ("angles", { x, y in atan2(x, y) + asin(0.1 * x) + acos(0.1 * y) + atan(x) + tan(0.2 * y) }),
        ("special functions", { x, y in lgamma(abs(x) + 1) + digamma(abs(y) + 1) + polygamma(1, abs(x) + 1) + erf(y) }),
        ("activations", { x, y in gelu(x) + silu(y) + elu(x) + mish(y) + leakyRelu(x) + hardSwish(y) }),
        ("log-sum-exp", { x, y in logSumExp(stack([x, y, x * y])) }),
        ("norm", { x, y in norm(stack([x, y])) }),
        ("the product of a softmax", { x, y in product(softmax(stack([x, y, x + y]))) }),
        ("a derivative", { x, y in gradient { $0 * $0 * sin($0 * y) }(x) }),
    ]

    private static let points = [(0.4, -0.3), (-1.1, 0.7), (2.3, 1.9), (-0.2, -2.6)]

    @Test(arguments: pairs.indices)
    func `the formula of a function has its values`(number: Int) throws {
        let (name, f) = Self.pairs[number]
        let formula = try formula(of: f, variables: "x", "y")
        for (x, y) in Self.points {
            let expected = try f(Tensor(x, .float64), Tensor(y, .float64)).item()
            let found = try formula.evaluated(at: ["x": x, "y": y])
            #expect(found.isClose(to: expected, relative: 1e-12, absolute: 1e-14), "\(name) at \(x), \(y): \(formula)")
            let short = try formula.simplified().evaluated(at: ["x": x, "y": y])
            #expect(short.isClose(to: expected, relative: 1e-11, absolute: 1e-13), "\(name) at \(x), \(y), simplified")
        }
    }

    @Test func `formulas read as they are written`() throws {
        #expect(try formula(of: { x, y in x * sin(x * y) }, variables: "x", "y").description == "x*sin(x*y)")
        #expect(try formula(of: { pow($0, 3) - $0 / 2 }).simplified().description == "x^3 - x/2")
        #expect(try formula(of: { 1 - $0 * $0 }).description == "1 - x*x")
        #expect(try formula(of: { softplus(sigmoid($0)) }).description == "softplus(sigmoid(x))")
    }

    @Test func `a formula goes to tensors and comes back`() throws {
        for text in ["x*sin(y)", "exp(-x^2)/y", "tanh(x + 2*y)", "piecewise(x < y, x, y^3)"] {
            let original = try Formula(text)
            let function = try TensorFormula(original)
            let back = try formula(of: { function($0) }, variables: ["x", "y"])
            #expect(back.simplified() == original.simplified(), "\(text) came back as \(back)")
        }
    }

    @Test func `elements of vectors and matrices are variables`() throws {
        let rosenbrock = { (x: Tensor) in sum(100 * pow(x[1...] - x[..<2] * x[..<2], 2) + pow(1 - x[..<2], 2)) }
        let banana = try formula(of: { rosenbrock($0[0]) }, variables: ["x"], shapes: [[3]])
        #expect(banana.variables == ["x_0", "x_1", "x_2"])
        let at = [0.3, -1.2, 0.8]
        let expected = try rosenbrock(Tensor(at, shape: [3], .float64)).item()
        let found = try banana.evaluated(at: ["x_0": at[0], "x_1": at[1], "x_2": at[2]])
        #expect(found.isClose(to: expected, relative: 1e-13))

        let form = try formula(
            of: { sum(matmul($0[0], matmul($0[1], $0[0])), axes: []) }, variables: ["v", "A"], shapes: [[2], [2, 2]])
        #expect(form.variables == ["A_0_0", "A_0_1", "A_1_0", "A_1_1", "v_0", "v_1"])
        let point = ["A_0_0": 1.0, "A_0_1": 2, "A_1_0": 3, "A_1_1": 4, "v_0": 5, "v_1": 6]
        #expect(try form.evaluated(at: point) == 25 + 60 + 90 + 144)

        let mixed = try formula(
            of: { x in
                let joined = concatenate([x[0], Tensor([2.0, 3.0], shape: [2], .float64)])
                return max(cumulativeSum(joined, axis: 0)) + product(joined)
            }, variables: ["x"], shapes: [[2]])
        #expect(try mixed.evaluated(at: ["x_0": -1, "x_1": 4]) == 8 - 24)
    }

    @Test func `what has no expression is named`() throws {
        let sorted = #expect(throws: TensorError.self) {
            try formula(of: { sort($0[0]).values[0] }, variables: ["x"], shapes: [[3]])
        }
        #expect(
            sorted?.kind == .trace && sorted?.reason.contains("sort_indices") == true, "\(sorted?.description ?? "")")
        let vector = #expect(throws: TensorError.self) { try formula(of: { $0[0] }, variables: ["x"], shapes: [[3]]) }
        #expect(vector?.kind == .shape)
        let large = #expect(throws: TensorError.self) {
            try formula(of: { sum($0[0]) }, variables: ["x"], shapes: [[1000]])
        }
        #expect(large?.kind == .trace)
    }
}
