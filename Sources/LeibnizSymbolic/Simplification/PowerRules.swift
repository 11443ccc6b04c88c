extension Simplifier {
    /// A power whose base is taken apart as far as the domain allows.
    mutating func simplifiedPower(_ plain: Formula) -> Formula {
        guard !plain.holdsInfinity else { return plain }
        let (base, exponent) = (plain.operands[0], plain.operands[1])
        if base.isOne {
            assume(.defined(exponent))
            return .one
        }
        // eᵘ to any power is e to the product.
        if let (function, argument) = base.functionAndArgument, function == .exp { return .exp(argument * exponent) }
        guard let number = exponent.number else { return simplifiedExponential(plain, base, exponent) }
        if number.isZero {
            assume(.defined(base))
            return .one
        }
        if let value = base.number { return root(of: value, number) ?? plain }
        if base.isPower { return nested(base.operands[0], base.operands[1], number) ?? plain }
        if base.isProduct { return distributed(base.operands, number) ?? plain }
        if let (function, argument) = base.functionAndArgument, function == .abs, let whole = number.whole,
            whole.isMultiple(of: 2)
        {
            return .power(argument, exponent)
        }
        return powerOfSum(base, number) ?? plain
    }

    /// 0ᵘ = 0 for u above zero, and a^(u/ln a) = eᵘ for numbers a.
    private mutating func simplifiedExponential(_ plain: Formula, _ base: Formula, _ exponent: Formula) -> Formula {
        if base.isZero, exponent.variables.isEmpty, let value = try? exponent.evaluated(), value > 0 { return .zero }
        guard base.isPositive, base.variables.isEmpty else { return plain }
        let logarithm = Formula.power(.log(base), .minusOne)
        guard base != .one, exponent.factors.contains(logarithm) else { return plain }
        return .exp(.product(exponent.factors.filter { $0 != logarithm }))
    }

    /// (bᵐ)ⁿ
    private mutating func nested(_ base: Formula, _ inner: Formula, _ outer: Formula.Number) -> Formula? {
        guard let inner = inner.number else {
            // (bᵘ)ⁿ with b above zero.
            return base.isPositive ? .power(base, inner * Formula(outer)) : nil
        }
        guard let product = Formula.Number.product(inner, outer) else { return nil }
        if let whole = inner.whole, outer.whole == nil {
            // The root of an even power is one of |b|; that of an odd power has a value for b ≥ 0 only, or for none below.
            if whole.isMultiple(of: 2) { return .power(base.isNonNegative ? base : .abs(base), Formula(product)) }
            return product.whole == nil ? .power(base, Formula(product)) : restricted(base, product)
        }
        if inner.whole == nil, product.whole != nil { return restricted(base, product, inner) }
        if inner.isNegative, !product.isNegative { assume(.nonZero(base)) }
        return .power(base, Formula(product))
    }

    private mutating func restricted(
        _ base: Formula, _ exponent: Formula.Number, _ inner: Formula.Number = .one
    ) -> Formula {
        assume(inner.isNegative ? .positive(base) : .nonNegative(base))
        return .power(base, Formula(exponent))
    }

    /// (a·b)ⁿ = aⁿ·bⁿ for whole n; for other n the factors above zero step out.
    private func distributed(_ factors: [Formula], _ exponent: Formula.Number) -> Formula? {
        let power = Formula(exponent)
        if exponent.whole != nil || factors.allSatisfy(\.isNonNegative) && !exponent.isNegative {
            return .product(factors.map { .power($0, power) })
        }
        // A number below zero steps out without its sign.
        var (outside, inside): ([Formula], [Formula]) = ([], [])
        for factor in factors {
            if factor.isPositive {
                outside.append(.power(factor, power))
            } else if let number = factor.number, number.isNegative, number.whole != -1 {
                outside.append(.power(Formula(number.negated), power))
                inside.append(.minusOne)
            } else {
                inside.append(factor)
            }
        }
        guard !outside.isEmpty else { return nil }
        return inside.isEmpty ? .product(outside) : .product(outside + [.power(.product(inside), power)])
    }

    /// Takes a number out of a sum below a root: √(4x + 4) = 2·√(x + 1).
    private func powerOfSum(_ base: Formula, _ exponent: Formula.Number) -> Formula? {
        guard base.isSum, exponent.whole == nil, let content = base.content else { return nil }
        guard let magnitude = Formula.Number.exact(content).magnitude.rational, magnitude != .one,
            let inverse = magnitude.reciprocal
        else { return nil }
        return .product([
            .power(Formula(magnitude), Formula(exponent)),
            .power(.sum(base.operands.map { Formula(inverse) * $0 }), Formula(exponent)),
        ])
    }

    /// A root of a rational number, with all whole powers outside: √12 = 2·√3, and 1/√2 = √2/2.
    private func root(of value: Formula.Number, _ exponent: Formula.Number) -> Formula? {
        if value.isZero { return exponent.isNegative ? nil : .zero }
        guard let value = value.rational, let exponent = exponent.rational, !exponent.isWhole, value > .zero else {
            return nil
        }
        guard let above = factorized(value.numerator), let below = factorized(value.denominator) else { return nil }
        var outside = Rational.one
        var inside: [Rational: Int] = [:]
        for (prime, count) in above + below.map({ ($0, -$1) }) {
            guard let power = Rational.product(Rational(count), exponent) else { return nil }
            guard let whole = Rational(prime).power(power.floor), let next = Rational.product(outside, whole),
                let rest = Rational.sum(power, Rational(-power.floor))
            else { return nil }
            outside = next
            guard rest != .zero else { continue }
            let (product, overflow) = (inside[rest] ?? 1).multipliedReportingOverflow(by: prime)
            guard !overflow else { return nil }
            inside[rest] = product
        }
        let roots = inside.sorted { $0.key < $1.key }.map { Formula(.power, [Formula($1), Formula($0)]) }
        return .product([Formula(outside)] + roots)
    }
}

/// The primes of a number up to 10¹², with how often each divides it; nil where that takes too long.
func factorized(_ number: Int) -> [(prime: Int, count: Int)]? {
    guard number >= 1 else { return nil }
    var (rest, divisor) = (number, 2)
    var result: [(prime: Int, count: Int)] = []
    while divisor * divisor <= rest {
        guard divisor < 1_000_000 else { return nil }
        var count = 0
        while rest.isMultiple(of: divisor) { (rest, count) = (rest / divisor, count + 1) }
        if count > 0 { result.append((divisor, count)) }
        divisor += divisor == 2 ? 1 : 2
    }
    return rest > 1 ? result + [(rest, 1)] : result
}
