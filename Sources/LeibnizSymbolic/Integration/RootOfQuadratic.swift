/// Integrals of P(x)/√q and P(x)·√q with a quadratic q, and of 1/(xⁿ·√q).
enum RootOfQuadratic {
    static func answer(_ f: Formula, _ x: String) -> Integrator.Answer? {
        guard let (root, half) = rootFactor(f, x) else { return nil }
        let variable = Formula.variable(x)
        let others = Formula.product(f.factors.filter { $0 != root })
        let q = root.operands[0]
        // √q³ = q²/√q, and so on: all over one root.
        let whole = others * q.raised(to: half)
        if let formula = overRoot(whole, q, x) {
            return Integrator.Answer(
                rule: "root of a quadratic", statement: "∫ P/√q = Q·√q + λ·∫ 1/√q, by comparing coefficients",
                formula: formula)
        }
        // x = 1/u turns powers below into powers above.
        let u = "u_1"
        let inverse = Formula.one / .variable(u)
        let flipped = (q.substituting([x: inverse]) * Formula.variable(u).squared).simplified()
        let rest = (whole.substituting([x: inverse]) * Formula.variable(u) * -Formula.variable(u).raised(to: -2))
            .simplified()
        guard flipped.quadraticCoefficients(in: u) != nil || flipped.linearCoefficients(in: u) != nil,
            let formula = overRoot(rest, flipped, u)
        else { return nil }
        let answer = formula.substituting([u: .one / variable])
        // |u| was taken for u.
        for signed in [answer, answer * .function(.sign, [variable])] where f.isDerivative(of: signed, by: x) {
            return Integrator.Answer(rule: "substitution", statement: "u = 1/\(x)", formula: signed)
        }
        return nil
    }

    /// The factor q^(k/2) of a quadratic, and n with q^(k/2) = qⁿ/√q.
    private static func rootFactor(_ f: Formula, _ x: String) -> (root: Formula, half: Int)? {
        for factor in f.factors {
            guard case .power = factor.kind, let exponent = factor.operands[1].rational, exponent.denominator == 2,
                factor.operands[0].quadraticCoefficients(in: x) != nil
            else { continue }
            return (factor, (exponent.numerator + 1) / 2)
        }
        return nil
    }

    /// ∫ P/√q with a polynomial P of rational coefficients.
    private static func overRoot(_ whole: Formula, _ q: Formula, _ x: String) -> Formula? {
        let variable = Formula.variable(x)
        guard let fraction = RationalFunction(whole, of: variable), fraction.denominator.degree == 0 else {
            return symbolic(whole, q, x)
        }
        if let (a, _) = q.linearCoefficients(in: x), fraction.numerator.degree == 0 {
            return .two * Formula(fraction.numerator[0]) * .sqrt(q) / a
        }
        guard let quadratic = RationalFunction(q, of: variable)?.numerator, quadratic.degree == 2 else {
            return symbolic(whole, q, x)
        }
        let p = fraction.numerator
        let degree = Swift.max(1, p.degree)
        guard degree <= 12 else { return nil }
        // (Q·√q)′ = (Q′·q + ½·Q·q′)/√q
        do {
            let slope = try quadratic.derivative.scaled(by: .half)
            var columns: [Polynomial] = []
            for power in 0..<degree {
                let monomial = Polynomial(Array(repeating: .zero, count: power) + [.one])
                columns.append(try monomial.derivative * quadratic + monomial * slope)
            }
            columns.append(.one)
            let rows = (0...degree).map { row in columns.map { $0[row] } + [p[row]] }
            guard let solution = try LinearSystem.solution(of: rows), let lambda = solution.last else { return nil }
            let polynomial = Polynomial(Array(solution.dropLast())).formula(of: variable)
            let first = polynomial * .sqrt(q)
            return lambda == .zero ? first : first + Formula(lambda) * inverse(q, x)
        } catch {
            return nil
        }
    }

    /// Constants that are no rational numbers: ∫ c/√q, ∫ c·√q and ∫ c·x/√q.
    private static func symbolic(_ whole: Formula, _ q: Formula, _ x: String) -> Formula? {
        guard let (a, b, c) = q.quadraticCoefficients(in: x) else { return nil }
        if !whole.depends(on: x) { return whole * inverse(q, x) }
        let slope = .two * a * .variable(x) + b
        let ratio = (whole / q).simplified()
        if !ratio.depends(on: x) {
            let determinant = (Formula(4) * a * c - b.squared) / (Formula(8) * a)
            return ratio * (slope * .sqrt(q) / (Formula(4) * a) + determinant * inverse(q, x))
        }
        return nil
    }

    /// ∫ 1/√q
    private static func inverse(_ q: Formula, _ x: String) -> Formula {
        guard let (a, b, c) = q.quadraticCoefficients(in: x) else { return .zero }
        let slope = .two * a * .variable(x) + b
        let determinant = (Formula(4) * a * c - b.squared).simplified()
        if a.number?.isNegative ?? (-a).simplified().isNonNegative {
            return .function(.asin, [-slope / .sqrt(-determinant)]) / .sqrt(-a)
        }
        if determinant.isPositive || determinant.isNonNegative && determinant.number == nil {
            return .function(.asinh, [slope / .sqrt(determinant)]) / .sqrt(a)
        }
        return .log(.abs(slope + .two * .sqrt(a) * .sqrt(q))) / .sqrt(a)
    }
}
