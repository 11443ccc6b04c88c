extension Formula.Function {
    /// The partial derivative by an argument; nil where no formula says it.
    ///
    /// At kinks: sign 0 is 0 for |x|, 0 for relu, and steps have the derivative 0 wherever they have one.
    func partial(_ index: Int, _ arguments: [Formula]) -> Formula? {
        let u = arguments[0]
        func f(_ function: Formula.Function, _ x: Formula) -> Formula { .function(function, [x]) }
        switch self {
        case .exp: return .exp(u)
        case .log: return .one / u
        case .log2: return .one / (u * .log(.two))
        case .log10: return .one / (u * .log(Formula(10)))
        case .cbrt: return .one / (Formula(3) * f(.cbrt, u).squared)
        case .abs: return f(.sign, u)
        case .sign, .floor, .ceil: return .zero
        case .sin: return .cos(u)
        case .cos: return -.sin(u)
        case .tan: return f(.tan, u).squared + 1
        case .cot: return -(f(.cot, u).squared + 1)
        case .sec: return f(.sec, u) * f(.tan, u)
        case .csc: return -(f(.csc, u) * f(.cot, u))
        case .asin: return .one / .sqrt(.one - u.squared)
        case .acos: return .minusOne / .sqrt(.one - u.squared)
        case .atan: return .one / (u.squared + 1)
        case .sinh: return f(.cosh, u)
        case .cosh: return f(.sinh, u)
        case .tanh: return .one - f(.tanh, u).squared
        case .asinh: return .one / .sqrt(u.squared + 1)
        case .acosh: return .one / (.sqrt(u - 1) * .sqrt(u + 1))
        case .atanh: return .one / (.one - u.squared)
        case .gamma: return f(.gamma, u) * f(.digamma, u)
        case .lgamma: return f(.digamma, u)
        case .digamma: return .function(.polygamma, [.one, u])
        case .polygamma: return index == 1 ? .function(.polygamma, [u + 1, arguments[1]]) : nil
        case .beta:
            let sum = arguments[0] + arguments[1]
            return .function(.beta, arguments) * (f(.digamma, arguments[index]) - f(.digamma, sum))
        case .erf: return .two / .sqrt(.pi) * .exp(-u.squared)
        case .erfc: return Formula(-2) / .sqrt(.pi) * .exp(-u.squared)
        case .factorial: return f(.gamma, u + 1) * f(.digamma, u + 1)
        case .relu: return .piecewise([(u, .greater, .zero, .one)], otherwise: .zero)
        case .sigmoid: return f(.sigmoid, u) * (.one - f(.sigmoid, u))
        case .softplus: return f(.sigmoid, u)
        case .min, .max: return nil
        }
    }

    /// What the rule says, as people write it.
    var statement: String {
        switch self {
        case .beta: "Β(u, v)′ = Β(u, v)·[(ψ(u) − ψ(u + v))·u′ + (ψ(v) − ψ(u + v))·v′]"
        case .polygamma: "ψₙ(u)′ = ψₙ₊₁(u)·u′"
        case .min, .max: "the derivative of the argument that is chosen"
        default:
            partial(0, [.variable("u")]).map { "\(rawValue)(u)′ = \(factor($0))u′" } ?? "\(rawValue)(u)′"
        }
    }

    private func factor(_ partial: Formula) -> String {
        if partial.isOne { return "" }
        if case .sum = partial.kind { return "(\(partial.unicode))·" }
        return partial.unicode + "·"
    }
}
