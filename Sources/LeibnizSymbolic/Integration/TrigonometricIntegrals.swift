extension Integrator {
    /// Powers and products of trigonometric functions.
    mutating func trigonometric(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        if let answer = reducedPower(f, x, depth) { return answer }
        if let answer = linearized(f, x, depth) { return answer }
        return rationalInSine(f, x, depth)
    }

    /// tanⁿ, cotⁿ, secⁿ and cscⁿ by their reduction formulas.
    private mutating func reducedPower(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        guard case .power = f.kind, let (function, u) = f.operands[0].functionAndArgument,
            let n = f.operands[1].number?.whole, let (a, _) = u.linearCoefficients(in: x)
        else { return nil }
        func power(_ function: Formula.Function, _ exponent: Int) -> Formula {
            .power(.function(function, [u]), Formula(exponent))
        }
        func reduced(_ head: Formula, _ scale: Formula, _ rest: Formula, _ statement: String) -> Answer? {
            guard let inner = integrate(rest, x, depth: depth + 1) else { return nil }
            return Answer(rule: "reduction", statement: statement, formula: head / a + scale * inner)
        }
        let below = Formula(n.magnitude > 1 ? Int(n.magnitude) - 1 : 1)
        switch function {
        case .tan where n > 2:
            return reduced(
                power(.tan, n - 1) / below, .minusOne, power(.tan, n - 2), "∫ tanⁿ = tanⁿ⁻¹/(n − 1) − ∫ tanⁿ⁻²")
        case .cot where n > 2:
            return reduced(
                -power(.cot, n - 1) / below, .minusOne, power(.cot, n - 2), "∫ cotⁿ = −cotⁿ⁻¹/(n − 1) − ∫ cotⁿ⁻²")
        case .tanh where n > 2:
            return reduced(
                -power(.tanh, n - 1) / below, .one, power(.tanh, n - 2), "∫ tanhⁿ = −tanhⁿ⁻¹/(n − 1) + ∫ tanhⁿ⁻²")
        case .sec where n > 2, .cos where n < -2:
            let m = Int(n.magnitude)
            let rest = Formula.power(.function(function, [u]), Formula(n > 0 ? n - 2 : n + 2))
            return reduced(
                power(.sec, m - 2) * power(.tan, 1) / below, Formula(m - 2) / below, rest,
                "∫ secⁿ = secⁿ⁻²·tan/(n − 1) + (n − 2)/(n − 1)·∫ secⁿ⁻²")
        case .csc where n > 2, .sin where n < -2:
            let m = Int(n.magnitude)
            let rest = Formula.power(.function(function, [u]), Formula(n > 0 ? n - 2 : n + 2))
            return reduced(
                -power(.csc, m - 2) * power(.cot, 1) / below, Formula(m - 2) / below, rest,
                "∫ cscⁿ = −cscⁿ⁻²·cot/(n − 1) + (n − 2)/(n − 1)·∫ cscⁿ⁻²")
        default: return nil
        }
    }

    /// Products of sines and cosines as sums of sines and cosines; what multiplies them stays.
    private mutating func linearized(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        var waves: [(isSine: Bool, argument: Formula)] = []
        var others: [Formula] = []
        for factor in f.factors {
            let (base, exponent) = factor.baseAndExponent
            if let (function, argument) = base.functionAndArgument, function == .sin || function == .cos,
                argument.linearCoefficients(in: x) != nil, let count = exponent.number?.whole, (1...8).contains(count)
            {
                waves += Array(repeating: (function == .sin, argument), count: count)
            } else {
                others.append(factor)
            }
        }
        guard (2...8).contains(waves.count) else { return nil }
        var sum = wave(waves[0].isSine, waves[0].argument)
        for next in waves.dropFirst() {
            sum = .sum(sum.terms.map { multiplied($0, next) }).simplifiedTerms
        }
        let integrand = Formula.sum(sum.terms.map { .product(others) * $0 })
        guard integrand != f, let answer = integrate(integrand.simplifiedTerms, x, depth: depth + 1) else { return nil }
        return Answer(
            rule: "product to sum", statement: "sin u·cos v = ½·sin(u + v) + ½·sin(u − v), …", formula: answer)
    }

    private func wave(_ isSine: Bool, _ argument: Formula) -> Formula { isSine ? .sin(argument) : .cos(argument) }

    /// A term c·sin u or c·cos u times another wave, as a sum.
    private func multiplied(_ term: Formula, _ next: (isSine: Bool, argument: Formula)) -> Formula {
        let factors = term.factors
        guard
            let index = factors.firstIndex(where: { factor in
                factor.functionAndArgument.map { $0.function == .sin || $0.function == .cos } ?? false
            }), let (function, u) = factors[index].functionAndArgument
        else { return term * wave(next.isSine, next.argument) }
        var rest = factors
        rest.remove(at: index)
        let (v, isSine) = (next.argument, function == .sin)
        let (sum, difference) = (u + v, u - v)
        let product: Formula =
            switch (isSine, next.isSine) {
            case (true, true): .cos(difference) - .cos(sum)
            case (false, false): .cos(difference) + .cos(sum)
            case (true, false): .sin(sum) + .sin(difference)
            case (false, true): .sin(sum) - .sin(difference)
            }
        return .sum(product.terms.map { .product(rest) * .half * $0 })
    }

    /// Rational functions of sine and cosine of one angle: u = sin, cos or tan where that suffices, else the half angle.
    private mutating func rationalInSine(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        guard let (angle, inner) = angle(of: f, x), let (a, _) = angle.linearCoefficients(in: x) else { return nil }
        let (s, c, t) = (Formula.variable("sin θ"), Formula.variable("cos θ"), Formula.variable(freshName(f)))
        guard Set(inner.variables).isSubset(of: ["sin θ", "cos θ"]), case .variable(let name) = t.kind else {
            return nil
        }
        let rest = Formula.sqrt(.one - t.squared)
        let root = Formula.sqrt(t.squared + 1)
        func at(_ sine: Formula, _ cosine: Formula) -> Formula {
            inner.substituting(["sin θ": sine, "cos θ": cosine])
        }
        let attempts: [(integrand: Formula, back: Formula)] = [
            (at(t, rest) / rest, .sin(angle)), (-at(rest, t) / rest, .cos(angle)),
            (at(t / root, .one / root) / (t.squared + 1), .function(.tan, [angle])),
            (
                at(.two * t / (t.squared + 1), (.one - t.squared) / (t.squared + 1)) * .two / (t.squared + 1),
                .function(.tan, [(angle / .two).simplified()])
            ),
        ]
        _ = (s, c)
        for (integrand, back) in attempts {
            let simple = integrand.simplified()
            guard let fraction = RationalFunction(simple, of: t),
                let answer = PartialFractions.antiderivative(of: fraction, t)
            else { continue }
            let formula = answer.substituting([name: back]) / a
            // Roots have lost a sign where the substitution was not the right one.
            guard f.isDerivative(of: formula, by: x) else { continue }
            return Answer(rule: "substitution", statement: "\(name) = \(back.unicode)", formula: formula)
        }
        return nil
    }

    /// The one angle of all trigonometric functions, and the integrand as a function of its sine and cosine.
    private func angle(of f: Formula, _ x: String) -> (angle: Formula, inner: Formula)? {
        var angle: Formula?
        var isOne = true
        let (s, c) = (Formula.variable("sin θ"), Formula.variable("cos θ"))
        let inner = f.folded { (part, operands: [Formula]) -> Formula in
            guard let (function, argument) = part.functionAndArgument, argument.depends(on: x) else {
                return part.rebuilt(operands)
            }
            if [.sin, .cos, .tan, .cot, .sec, .csc].contains(function) {
                if let angle, angle != argument { isOne = false }
                angle = argument
            }
            switch function {
            case .sin: return s
            case .cos: return c
            case .tan: return s / c
            case .cot: return c / s
            case .sec: return .one / c
            case .csc: return .one / s
            default: return part
            }
        }
        guard isOne, let angle, !inner.depends(on: x) else { return nil }
        return (angle, inner)
    }
}
