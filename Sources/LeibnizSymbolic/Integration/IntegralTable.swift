/// Integrals that are known: of powers, of functions of a·x + b, and of a few products.
struct IntegralTable {
    let x: String

    private func found(_ formula: Formula, _ statement: String) -> Integrator.Answer {
        Integrator.Answer(rule: "table", statement: statement, formula: formula)
    }

    func answer(_ f: Formula) -> Integrator.Answer? {
        switch f.kind {
        case .variable: return power(f, .one)
        case .power: return power(f.operands[0], f.operands[1]) ?? exponential(f) ?? squares(f)
        case .function(.exp): return function(f) ?? gaussian(f)
        case .function: return function(f)
        case .product: return exponentialTimesWave(f) ?? twoPoles(f)
        default: return nil
        }
    }

    /// ∫ (a·x + b)ⁿ, with the logarithm for n = −1; and ∫ dx/(quadratic with constants).
    private func power(_ base: Formula, _ exponent: Formula) -> Integrator.Answer? {
        guard !exponent.depends(on: x) else { return nil }
        if let (a, _) = base.linearCoefficients(in: x) {
            if exponent == .minusOne { return found(.log(.abs(base)) / a, "∫ du/u = ln|u|") }
            return found(.power(base, exponent + 1) / (a * (exponent + 1)), "∫ uⁿ du = uⁿ⁺¹/(n + 1)")
        }
        if exponent == .minusOne, let (a, b, c) = base.quadraticCoefficients(in: x) {
            let determinant = (Formula(4) * a * c - b.squared).simplified()
            let slope = Formula.two * a * .variable(x) + b
            if determinant.isZero { return found(Formula(-2) / slope, "∫ du/u² = −1/u") }
            if (-determinant).simplified().isNonNegative {
                let root = Formula.sqrt(-determinant)
                return found(
                    .log(.abs((slope - root) / (slope + root))) / root, "∫ du/(u² − 1) = ½·ln|(u − 1)/(u + 1)|")
            }
            let root = Formula.sqrt(determinant)
            return found(.two * .atan(slope / root) / root, "∫ du/(u² + 1) = arctan u")
        }
        return nil
    }

    /// ∫ aᵘ = aᵘ/ln a
    private func exponential(_ f: Formula) -> Integrator.Answer? {
        guard !f.operands[0].depends(on: x), let (a, _) = f.operands[1].linearCoefficients(in: x) else { return nil }
        return found(f / (a * .log(f.operands[0])), "∫ aᵘ du = aᵘ/ln a")
    }

    /// Squares of tangents, secants and their like.
    private func squares(_ f: Formula) -> Integrator.Answer? {
        guard let (function, u) = f.operands[0].functionAndArgument, let exponent = f.operands[1].number?.whole,
            let (a, _) = u.linearCoefficients(in: x)
        else { return nil }
        func g(_ function: Formula.Function) -> Formula { .function(function, [u]) }
        switch (function, exponent) {
        case (.sec, 2), (.cos, -2): return found(g(.tan) / a, "∫ sec² u du = tan u")
        case (.csc, 2), (.sin, -2): return found(-g(.cot) / a, "∫ csc² u du = −cot u")
        case (.tan, 2): return found((g(.tan) - u) / a, "∫ tan² u du = tan u − u")
        case (.cot, 2): return found((-g(.cot) - u) / a, "∫ cot² u du = −cot u − u")
        case (.cosh, 2): return found((u + g(.sinh) * g(.cosh)) / (.two * a), "∫ cosh² u du = ½·(u + sinh u·cosh u)")
        case (.sinh, 2): return found((g(.sinh) * g(.cosh) - u) / (.two * a), "∫ sinh² u du = ½·(sinh u·cosh u − u)")
        case (.tanh, 2): return found((u - g(.tanh)) / a, "∫ tanh² u du = u − tanh u")
        case (.cosh, -2): return found(g(.tanh) / a, "∫ du/cosh² u = tanh u")
        case (.sinh, -2): return found(-g(.cosh) / g(.sinh) / a, "∫ du/sinh² u = −coth u")
        case (.cosh, -1): return found(.atan(g(.sinh)) / a, "∫ du/cosh u = arctan(sinh u)")
        case (.sinh, -1): return found(.log(.abs(.function(.tanh, [u / .two]))) / a, "∫ du/sinh u = ln|tanh(u/2)|")
        case (.tanh, -1): return found(.log(.abs(g(.sinh))) / a, "∫ coth u du = ln|sinh u|")
        case (.cos, -1): return found(.log(.abs(g(.sec) + g(.tan))) / a, "∫ sec u du = ln|sec u + tan u|")
        case (.sin, -1): return found(-.log(.abs(g(.csc) + g(.cot))) / a, "∫ csc u du = −ln|csc u + cot u|")
        case (.tan, -1): return found(.log(.abs(g(.sin))) / a, "∫ cot u du = ln|sin u|")
        default: return nil
        }
    }

    /// ∫ f(a·x + b) = F(a·x + b)/a
    private func function(_ f: Formula) -> Integrator.Answer? {
        guard case .function(let function) = f.kind else { return nil }
        let u = f.operands[f.operands.count - 1]
        guard let (a, _) = u.linearCoefficients(in: x), f.operands.dropLast().allSatisfy({ !$0.depends(on: x) }),
            let primitive = function.antiderivative(u, f.operands)
        else { return nil }
        let known = function.antiderivative(.variable("u"), f.operands.dropLast() + [.variable("u")])
        return found(primitive / a, "∫ \(function.rawValue)(u) du = \(known?.unicode ?? "")")
    }

    /// ∫ exp(a·x² + b·x + c) by the error function, for a below zero.
    private func gaussian(_ f: Formula) -> Integrator.Answer? {
        guard let (a, b, c) = f.operands[0].quadraticCoefficients(in: x) else { return nil }
        let width = (-a).simplified()
        guard width.isNonNegative || width.number == nil && !a.isNonNegative,
            !(a.number.map { !$0.isNegative } ?? false)
        else { return nil }
        let root = Formula.sqrt(width)
        let center = root * .variable(x) - b / (.two * root)
        let scale = Formula.sqrt(.pi) / (.two * root) * .exp(c + b.squared / (Formula(4) * width))
        return found(scale * .function(.erf, [center]), "∫ exp(−u²) du = √π/2·erf(u)")
    }

    /// ∫ dx/((a·x + b)·(c·x + d)) with constants that are no numbers.
    private func twoPoles(_ f: Formula) -> Integrator.Answer? {
        guard f.operands.count == 2,
            f.operands.allSatisfy({ $0.baseAndExponent.exponent == .minusOne }),
            let (a, b) = f.operands[0].baseAndExponent.base.linearCoefficients(in: x),
            let (c, d) = f.operands[1].baseAndExponent.base.linearCoefficients(in: x)
        else { return nil }
        let difference = (a * d - b * c).simplified()
        guard !difference.isZero else { return nil }
        let ratio = (a * .variable(x) + b) / (c * .variable(x) + d)
        return found(.log(.abs(ratio)) / difference, "∫ du/(u·(u + c)) = ln|u/(u + c)|/c")
    }

    /// ∫ exp(a·x + b)·sin(c·x + d), and with the cosine and the hyperbolic functions.
    private func exponentialTimesWave(_ f: Formula) -> Integrator.Answer? {
        guard f.operands.count == 2 else { return nil }
        for (first, second) in [(0, 1), (1, 0)] {
            let (exponential, wave) = (f.operands[first], f.operands[second])
            let (base, exponent) = exponential.baseAndExponent
            guard !base.depends(on: x), let (slope, _) = exponent.linearCoefficients(in: x),
                let (function, argument) = wave.functionAndArgument, function == .sin || function == .cos,
                let (c, _) = argument.linearCoefficients(in: x)
            else { continue }
            let a = base == .e ? slope : slope * .log(base)
            let (s, k) = (Formula.sin(argument), Formula.cos(argument))
            let sum = function == .sin ? a * s - c * k : a * k + c * s
            let statement =
                function == .sin
                ? "∫ eᵃˣ·sin(c·x) dx = eᵃˣ·(a·sin(c·x) − c·cos(c·x))/(a² + c²)"
                : "∫ eᵃˣ·cos(c·x) dx = eᵃˣ·(a·cos(c·x) + c·sin(c·x))/(a² + c²)"
            return found(exponential * sum / (a.squared + c.squared), statement)
        }
        return nil
    }
}

extension Formula.Function {
    /// An antiderivative by the last argument.
    fileprivate func antiderivative(_ u: Formula, _ arguments: [Formula]) -> Formula? {
        func f(_ function: Formula.Function) -> Formula { .function(function, [u]) }
        switch self {
        case .exp: return f(.exp)
        case .log: return u * .log(u) - u
        case .log2: return (u * .log(u) - u) / .log(.two)
        case .log10: return (u * .log(u) - u) / .log(Formula(10))
        case .sin: return -f(.cos)
        case .cos: return f(.sin)
        case .tan: return -.log(.abs(f(.cos)))
        case .cot: return .log(.abs(f(.sin)))
        case .sec: return .log(.abs(f(.sec) + f(.tan)))
        case .csc: return -.log(.abs(f(.csc) + f(.cot)))
        case .asin: return u * f(.asin) + .sqrt(.one - u.squared)
        case .acos: return u * f(.acos) - .sqrt(.one - u.squared)
        case .atan: return u * f(.atan) - .half * .log(u.squared + 1)
        case .sinh: return f(.cosh)
        case .cosh: return f(.sinh)
        case .tanh: return .log(f(.cosh))
        case .asinh: return u * f(.asinh) - .sqrt(u.squared + 1)
        case .acosh: return u * f(.acosh) - .sqrt(u - 1) * .sqrt(u + 1)
        case .atanh: return u * f(.atanh) + .half * .log(.one - u.squared)
        case .cbrt: return .quotient(3, 4) * u * f(.cbrt)
        case .abs: return .half * u * f(.abs)
        case .sign: return f(.abs)
        case .relu: return .half * f(.relu).squared
        case .sigmoid: return f(.softplus)
        case .erf: return u * f(.erf) + .exp(-u.squared) / .sqrt(.pi)
        case .erfc: return u * f(.erfc) - .exp(-u.squared) / .sqrt(.pi)
        case .digamma: return f(.lgamma)
        case .polygamma:
            guard let order = arguments[0].number?.whole, order >= 1 else { return nil }
            return order == 1 ? f(.digamma) : .function(.polygamma, [Formula(order - 1), u])
        case .floor, .ceil, .gamma, .lgamma, .beta, .factorial, .softplus, .min, .max: return nil
        }
    }
}
