extension Formula {
    /// A function that formulas know by name.
    public enum Function: String, Hashable, Sendable, CaseIterable {
        /// eˣ
        case exp
        /// The natural logarithm, of numbers above zero.
        case log
        /// The logarithm to base 2.
        case log2
        /// The logarithm to base 10.
        case log10
        /// The real cube root, of negative numbers too.
        case cbrt
        /// |x|
        case abs
        /// −1, 0 or 1.
        case sign
        /// The greatest whole number not above x.
        case floor
        /// The least whole number not below x.
        case ceil
        /// Trigonometric functions of radians.
        case sin, cos, tan, cot, sec, csc
        /// Inverses of sine, cosine and tangent.
        case asin, acos, atan
        /// Hyperbolic functions.
        case sinh, cosh, tanh
        /// Inverses of hyperbolic functions.
        case asinh, acosh, atanh
        /// Γ(x)
        case gamma
        /// log |Γ(x)|
        case lgamma
        /// ψ(x) = Γ′(x)/Γ(x)
        case digamma
        /// `polygamma(n, x)`: the n-th derivative of ψ.
        case polygamma
        /// Γ(a)·Γ(b)/Γ(a + b)
        case beta
        /// (2/√π)·∫₀ˣ exp(−t²) dt, and 1 minus that.
        case erf, erfc
        /// x! = Γ(x + 1)
        case factorial
        /// max(x, 0)
        case relu
        /// 1/(1 + e⁻ˣ)
        case sigmoid
        /// log(1 + eˣ)
        case softplus
        /// The least and the greatest of one or more numbers.
        case min, max
    }
}

extension Formula.Function {
    /// How many arguments it takes.
    public var argumentCounts: ClosedRange<Int> {
        switch self {
        case .min, .max: 1...Int.max
        case .beta, .polygamma: 2...2
        default: 1...1
        }
    }

    /// Whether it has a value for every real argument.
    var isTotal: Bool {
        switch self {
        case .exp, .cbrt, .abs, .sign, .floor, .ceil, .sin, .cos, .atan, .sinh, .cosh, .tanh, .asinh, .erf, .erfc,
            .relu,
            .sigmoid, .softplus, .min, .max:
            true
        case .log, .log2, .log10, .tan, .cot, .sec, .csc, .asin, .acos, .acosh, .atanh, .gamma, .lgamma, .digamma,
            .polygamma, .beta, .factorial:
            false
        }
    }

    /// What it answers for a negated argument.
    var parity: Formula.Parity? {
        switch self {
        case .sin, .tan, .cot, .csc, .asin, .atan, .sinh, .tanh, .asinh, .atanh, .erf, .cbrt, .sign: .odd
        case .cos, .sec, .cosh, .abs: .even
        default: nil
        }
    }
}

extension Formula {
    /// f(−x) = −f(x), or f(−x) = f(x).
    enum Parity { case odd, even }

    /// A number with a name.
    public enum Constant: String, Hashable, Sendable, CaseIterable {
        /// π
        case pi
        /// Euler's number.
        case e
        /// What is above every number; in bounds and limits.
        case infinity
    }

    /// A comparison of two formulas, in the conditions of `piecewise`.
    public enum Relation: String, Hashable, Sendable, CaseIterable {
        /// The comparisons, by their signs.
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "==", notEqual = "!="

        /// Whether it holds between two numbers.
        public func holds(_ a: Double, _ b: Double) -> Bool {
            switch self {
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .equal: a == b
            case .notEqual: a != b
            }
        }
    }
}
