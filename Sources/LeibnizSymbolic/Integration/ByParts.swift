extension Integrator {
    /// ∫ u·v′ = u·v − ∫ u′·v: logarithms and inverse functions first, then powers of x.
    mutating func byParts(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        let factors = f.factors
        for index in factors.indices.sorted(by: { rank(factors[$0], x) < rank(factors[$1], x) }) {
            let u = factors[index]
            guard rank(u, x) < 3 else { break }
            var others = factors
            others.remove(at: index)
            let slope = Formula.product(others)
            guard let v = integrate(slope, x, depth: depth + 2)?.simplified(),
                let derivative = try? u.differentiated(by: x)
            else { continue }
            let rest = (v * derivative).simplified()
            guard rest.size <= 4 * f.size + 20, let inner = integrate(rest, x, depth: depth + 2) else { continue }
            return Answer(
                rule: "by parts",
                statement: "∫ u·v′ d\(x) = u·v − ∫ u′·v d\(x) with u = \(u.unicode), v = \(v.unicode)",
                formula: u * v - inner)
        }
        return nil
    }

    /// How gladly a factor is differentiated.
    private func rank(_ factor: Formula, _ x: String) -> Int {
        guard factor.depends(on: x) else { return 9 }
        let (base, exponent) = factor.baseAndExponent
        let isPositive = exponent.number.map { !$0.isNegative && $0.whole != nil } ?? false
        if let (function, argument) = base.functionAndArgument, isPositive {
            switch function {
            case .log, .log2, .log10: return 0
            case .asin, .acos, .atan, .asinh, .acosh, .atanh: return 0
            case .erf, .erfc: return 1
            default: _ = argument
            }
        }
        if isPositive, base.linearCoefficients(in: x) != nil { return 2 }
        // A polynomial.
        if case .sum = base.kind, isPositive, RationalFunction(base, of: .variable(x))?.denominator.degree == 0 {
            return 2
        }
        return 5
    }
}
