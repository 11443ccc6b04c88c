extension Simplifier {
    /// A product with powers of one base joined, in the canonical order.
    mutating func collectedProduct(_ formula: Formula) -> Formula {
        guard !formula.holdsInfinity, !isCollected(formula) else { return formula }
        if formula.coefficient.isZero {
            assume(.defined(formula.coefficientAndRest.rest))
            return .zero
        }
        var numbers: [Formula] = []
        let all = formula.factors
        var powers = FormulaTable<(factor: Formula, exponent: Formula, more: [Formula])>(capacity: all.count)
        for factor in all {
            let (content, primitive) = contentAndRest(factor)
            if let content { numbers.append(content) }
            for part in primitive.factors {
                let (base, exponent) = part.baseAndExponent
                if base.number != nil && exponent.isOne {
                    numbers.append(part)
                } else if let place = powers.place(of: base) {
                    powers.values[place].more.append(exponent)
                } else {
                    powers.append(base, (part, exponent, []))
                }
            }
        }
        var factors = numbers
        for (base, (factor, exponent, more)) in zip(powers.keys, powers.values) {
            factors.append(more.isEmpty ? factor : joined(base, [exponent] + more))
        }
        let product = Formula.product(joinedRoots(factors))
        guard product.isProduct else { return product }
        let sorted = Formula.inProductOrder(product.operands)
        return formula.isProduct && sorted.isIdentical(to: formula.operands) ? formula : .product(sorted)
    }

    /// Whether nothing would change: a number first at most, other bases each once, all in order. Most products that are looked
    /// at are such.
    private func isCollected(_ formula: Formula) -> Bool {
        guard formula.isProduct else { return false }
        let factors = formula.operands
        var bases = FormulaTable<Void>(capacity: factors.count)
        for index in factors.indices {
            let factor = factors[index]
            if let number = factor.number {
                if index > 0 || number.isZero || number.isOne { return false }
                continue
            }
            let base = factor.baseAndExponent.base
            if factor.isProduct || base.number != nil || bases.place(of: base) != nil { return false }
            if base.isSum, contentAndRest(factor).content != nil { return false }
            if index > 0, Formula.precedesInProduct(factor, factors[index - 1]) { return false }
            bases.append(base, ())
        }
        return true
    }

    /// bᵐ·bⁿ = bᵐ⁺ⁿ, with what is lost of the domain noted.
    private mutating func joined(_ base: Formula, _ exponents: [Formula]) -> Formula {
        let total = collectedSum(.sum(exponents))
        guard base != .e else {
            if total.isZero { exponents.forEach { assume(.defined($0)) } }
            return total.isZero ? .one : .power(base, total)
        }
        let numbers = exponents.compactMap(\.number)
        if numbers.count == exponents.count, let sum = total.number {
            if numbers.contains(where: \.isNegative), !sum.isNegative { assume(.nonZero(base)) }
            if sum.whole != nil, numbers.contains(where: { $0.whole == nil }) { assume(.nonNegative(base)) }
        } else {
            for exponent in exponents where exponent.number == nil { assume(.defined(exponent)) }
            if total.number != nil { assume(.positive(base)) }
        }
        if total.isZero { assume(.defined(base)) }
        return total.isZero ? .one : .power(base, total)
    }

    /// The greatest number that divides all coefficients of a sum under a whole exponent, and what is left; the
    /// coefficient that decides becomes positive. Of c·(…)ⁿ the number is cⁿ.
    private func contentAndRest(_ factor: Formula) -> (content: Formula?, rest: Formula) {
        let (base, exponent) = factor.baseAndExponent
        guard base.isSum, let power = exponent.number?.whole, power != 0, let content = base.content,
            let scale = content.power(power),
            let inverse = content.reciprocal
        else { return (nil, factor) }
        let primitive = Formula.sum(base.operands.map { Formula(inverse) * $0 })
        return (Formula(scale), .power(primitive, exponent))
    }

    /// aʳ·bʳ = (a·b)ʳ of whole numbers above zero.
    private func joinedRoots(_ factors: [Formula]) -> [Formula] {
        guard factors.contains(where: { $0.isPower && $0.operands[0].number != nil }) else { return factors }
        var bases = FormulaTable<Int>()
        var result: [Formula] = []
        for factor in factors {
            if factor.isPower, let base = factor.operands[0].number?.whole, base > 0,
                let exponent = factor.operands[1].rational, !exponent.isWhole
            {
                if let place = bases.place(of: factor.operands[1]) {
                    let (product, overflow) = bases.values[place].multipliedReportingOverflow(by: base)
                    if !overflow {
                        bases.values[place] = product
                        continue
                    }
                } else {
                    bases.append(factor.operands[1], base)
                    continue
                }
            }
            result.append(factor)
        }
        return result + zip(bases.keys, bases.values).map { .power(Formula($1), $0) }
    }
}

extension Formula {
    /// The greatest rational that divides all coefficients of a sum, with the sign of the sum; nil where that is 1, or a
    /// coefficient is no rational.
    var content: Rational? {
        var above: UInt = 0
        var below = 1
        for term in operands {
            guard let coefficient = term.coefficient.rational else { return nil }
            above =
                above == 0
                ? coefficient.numerator.magnitude : greatestCommonDivisor(above, coefficient.numerator.magnitude)
            guard coefficient.denominator > 1 else { continue }
            let common = Int(greatestCommonDivisor(UInt(below), UInt(coefficient.denominator)))
            let (multiple, overflow) = (below / common).multipliedReportingOverflow(by: coefficient.denominator)
            guard !overflow else { return nil }
            below = multiple
        }
        guard above > 0, above <= UInt(Int.max) else { return nil }
        let isNegative = isNegativeSum
        guard above > 1 || below > 1 || isNegative else { return nil }
        return Rational(isNegative ? -Int(above) : Int(above), below)
    }
}
