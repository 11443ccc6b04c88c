/// Arithmetic with ±∞, which answers nil where a limit is not determined by those of the parts.
enum ExtendedReals {
    /// −1 for −∞, 1 for ∞, 0 for a finite formula.
    private static func infinity(_ f: Formula) -> Int {
        guard f.holdsInfinity else { return 0 }
        return f.coefficientAndRest.coefficient.isNegative ? -1 : 1
    }

    private static func sign(_ f: Formula) -> Int? {
        if infinity(f) != 0 { return infinity(f) }
        guard let value = try? f.evaluated() else { return f.isPositive ? 1 : nil }
        return value > 0 ? 1 : value < 0 ? -1 : 0
    }

    static func sum(_ terms: [Formula]) -> Formula? {
        let signs = Set(terms.map(infinity)).subtracting([0])
        guard signs.count < 2 else { return nil }
        guard let sign = signs.first else { return .sum(terms) }
        return sign > 0 ? .infinity : -.infinity
    }

    static func product(_ factors: [Formula]) -> Formula? {
        guard factors.contains(where: \.holdsInfinity) else { return .product(factors) }
        var total = 1
        for factor in factors {
            guard let sign = sign(factor), sign != 0 else { return nil }
            total *= sign
        }
        return total > 0 ? .infinity : -.infinity
    }

    static func power(_ base: Formula, _ exponent: Formula.Number) -> Formula? {
        switch infinity(base) {
        case 0:
            // Zero to a power below zero is infinite, but of which sign?
            guard let sign = sign(base) else { return nil }
            if sign == 0 && (exponent.isNegative || exponent.isZero) { return nil }
            if sign <= 0 && exponent.whole == nil { return nil }
            return .power(base, Formula(exponent))
        case 1: return exponent.isNegative ? .zero : exponent.isZero ? nil : .infinity
        default:
            guard let whole = exponent.whole else { return nil }
            return whole < 0 ? .zero : whole == 0 ? nil : whole.isMultiple(of: 2) ? .infinity : -.infinity
        }
    }

    /// The limit of a continuous function at a point, or at ±∞.
    static func value(of function: Formula.Function, at limit: Formula) -> Formula? {
        let side = infinity(limit)
        guard side != 0 else {
            let value = Formula.function(function, [limit]).simplified()
            guard ![.sign, .floor, .ceil].contains(function) else { return nil }
            return !value.variables.isEmpty || (try? value.evaluated())?.isFinite == true ? value : nil
        }
        let isAbove = side > 0
        switch function {
        case .exp: return isAbove ? .infinity : .zero
        case .log, .log2, .log10, .gamma, .lgamma, .digamma, .factorial, .acosh: return isAbove ? .infinity : nil
        case .cbrt, .sinh, .asinh, .floor, .ceil: return isAbove ? .infinity : -.infinity
        case .abs, .cosh: return .infinity
        case .atan: return isAbove ? .half * .pi : -.half * .pi
        case .tanh, .erf, .sign: return isAbove ? .one : .minusOne
        case .erfc: return isAbove ? .zero : .two
        case .sigmoid: return isAbove ? .one : .zero
        case .relu, .softplus: return isAbove ? .infinity : .zero
        case .sin, .cos, .tan, .cot, .sec, .csc, .asin, .acos, .atanh, .polygamma, .beta, .min, .max: return nil
        }
    }
}
