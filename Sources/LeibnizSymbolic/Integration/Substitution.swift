extension Integrator {
    /// ∫ h(g(x))·g′(x) dx = ∫ h(u) du with u = g(x), for each g that occurs in the integrand.
    mutating func substituted(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        for inner in candidates(f, x) {
            guard let slope = try? inner.differentiated(by: x), !slope.isZero else { continue }
            let name = freshName(f)
            let outer = (f / slope).simplified().replacing(inner, with: .variable(name)).simplified()
            guard !outer.depends(on: x), outer.depends(on: name) || inner.size > 1 else { continue }
            guard let answer = integrate(outer, name, depth: depth + 1) else { continue }
            return Answer(
                rule: "substitution", statement: "\(name) = \(inner.unicode), d\(name) = \(slope.unicode) d\(x)",
                formula: answer.substituting([name: inner]))
        }
        return nil
    }

    /// Parts of the integrand that may be worth a name: arguments, bases, exponents, and functions themselves.
    private func candidates(_ f: Formula, _ x: String) -> [Formula] {
        var seen: Set<Formula> = [f, .variable(x)]
        var result: [Formula] = []
        func add(_ formula: Formula) {
            if formula.depends(on: x), seen.insert(formula).inserted { result.append(formula) }
        }
        _ = f.folded { (part, _: [Int]) -> Int in
            switch part.kind {
            case .function:
                part.operands.forEach(add)
                add(part)
            case .power:
                add(part.operands[0])
                add(part.operands[1])
                // Of an even power, or a root of one, also the square: x³ with x⁴ beside it.
                if let exponent = part.operands[1].number?.whole, exponent.magnitude > 2 {
                    for divisor in 2...min(8, Int(exponent.magnitude)) where exponent.isMultiple(of: divisor) {
                        add(.power(part.operands[0], Formula(divisor)))
                    }
                }
                if let exponent = part.operands[1].number, exponent.whole == nil {
                    add(.power(part.operands[0], Formula(exponent.magnitude)))
                }
            default: break
            }
            return 0
        }
        if case .sum = f.kind {
        } else {
            for factor in f.factors where factor.depends(on: x) { add(factor.baseAndExponent.base) }
        }
        // x² and x³ beside functions of x⁴ and x⁶.
        for power in 2...3 where f.degree > 0 { add(.power(.variable(x), Formula(power))) }
        return result.filter { $0.size <= 60 }.sorted { $0.size > $1.size }
    }

    /// x = g⁻¹(u) for roots, exponentials, logarithms and a·x + b, where the rest still holds x.
    mutating func rationalized(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        var tried: Set<Formula> = []
        for inner in candidates(f, x) {
            let (base, exponent) = inner.baseAndExponent
            let name = freshName(f)
            let u = Formula.variable(name)
            let inverse: Formula
            if let (function, argument) = inner.functionAndArgument, function == .log || function == .exp,
                let (a, b) = argument.linearCoefficients(in: x)
            {
                inverse = ((function == .log ? .exp(u) : .log(u)) - b) / a
            } else if let power = exponent.rational, !power.isWhole, power > .zero,
                let (a, b) = base.linearCoefficients(in: x)
            {
                // The root of the least order that makes all powers whole.
                inverse = (u.raised(to: power.denominator) - b) / a
                let root = Formula.power(base, .quotient(1, power.denominator))
                if let answer = exchanged(f, x, root, inverse, name, depth, &tried) { return answer }
                continue
            } else if let (a, b) = inner.linearCoefficients(in: x), !a.isOne || !b.isZero {
                inverse = (u - b) / a
            } else {
                continue
            }
            if let answer = exchanged(f, x, inner, inverse, name, depth, &tried) { return answer }
        }
        return nil
    }

    private mutating func exchanged(
        _ f: Formula, _ x: String, _ inner: Formula, _ inverse: Formula, _ name: String, _ depth: Int,
        _ tried: inout Set<Formula>
    ) -> Answer? {
        let inverse = inverse.simplified()
        guard tried.insert(inner).inserted, let slope = try? inverse.differentiated(by: name) else { return nil }
        let outer = (f.replacing(inner, with: .variable(name)).substituting([x: inverse]) * slope).simplified()
        guard outer.size <= 3 * f.size + 20, let answer = integrate(outer, name, depth: depth + 2) else { return nil }
        return Answer(
            rule: "substitution", statement: "\(name) = \(inner.unicode), \(x) = \(inverse.unicode)",
            formula: answer.substituting([name: inner]))
    }
}

extension Formula {
    /// The formula with a part replaced wherever it occurs, also as a power of it: x⁴ holds x² twice.
    func replacing(_ part: Formula, with replacement: Formula) -> Formula {
        let (base, exponent) = part.baseAndExponent
        // From the root downwards: what is replaced is not looked into.
        func replaced(_ formula: Formula, _ operands: [Formula]) -> Formula {
            if formula == part { return replacement }
            let (otherBase, otherExponent) = formula.baseAndExponent
            if otherBase == base, formula != base || exponent.number.map({ $0.rational?.numerator == 1 }) == true,
                let ratio = (otherExponent / exponent).simplified().number
            {
                // eᵏᵘ is a power of eᵘ for whole k; and b one of the root of b.
                if ratio.whole != nil { return .power(replacement, Formula(ratio)) }
            }
            return formula.rebuilt(operands)
        }
        return folded { formula, operands in
            switch formula.kind {
            case .number, .constant: formula
            default: replaced(formula, operands)
            }
        }
    }
}
