extension Simplifier {
    /// A product with powers of one base joined, in the canonical order.
    mutating func collectedProduct(_ formula: Formula) -> Formula {
        guard !formula.holdsInfinity else { return formula }
        let (coefficient, rest) = formula.coefficientAndRest
        if coefficient.isZero {
            assume(.defined(rest))
            return .zero
        }
        var numbers: [Formula] = [Formula(coefficient)]
        var exponents: [Formula: [Formula]] = [:]
        var order: [Formula] = []
        for factor in rest.factors {
            let (content, primitive) = contentAndRest(factor)
            if let content { numbers.append(content) }
            for part in primitive.factors {
                let (base, exponent) = part.baseAndExponent
                if base.number != nil && exponent.isOne {
                    numbers.append(part)
                } else {
                    if exponents[base] == nil { order.append(base) }
                    exponents[base, default: []].append(exponent)
                }
            }
        }
        var factors = numbers
        for base in order {
            guard let list = exponents[base] else { continue }
            factors.append(list.count == 1 ? joined(base, list[0]) : joined(base, list))
        }
        let product = Formula.product(joinedRoots(factors))
        guard case .product = product.kind else { return product }
        return .product(product.operands.sorted(by: Formula.precedesInProduct))
    }

    private func joined(_ base: Formula, _ exponent: Formula) -> Formula { .power(base, exponent) }

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
        guard case .sum = base.kind, let power = exponent.number?.whole, power != 0,
            let content = base.content, let scale = content.power(power),
            let inverse = content.reciprocal
        else { return (nil, factor) }
        let primitive = Formula.sum(base.operands.map { Formula(inverse) * $0 })
        return (Formula(scale), .power(primitive, exponent))
    }

    /// aʳ·bʳ = (a·b)ʳ of whole numbers above zero.
    private func joinedRoots(_ factors: [Formula]) -> [Formula] {
        var bases: [Formula: Int] = [:]
        var result: [Formula] = []
        for factor in factors {
            if case .power = factor.kind, let base = factor.operands[0].number?.whole, base > 0,
                let exponent = factor.operands[1].rational, !exponent.isWhole
            {
                let (product, overflow) = (bases[factor.operands[1]] ?? 1).multipliedReportingOverflow(by: base)
                if !overflow {
                    bases[factor.operands[1]] = product
                    continue
                }
            }
            result.append(factor)
        }
        return result + bases.map { .power(Formula($1), $0) }
    }
}

extension Formula {
    /// The greatest rational that divides all coefficients of a sum, with the sign of the sum; nil where that is 1, or a
    /// coefficient is no rational.
    var content: Rational? {
        var above: UInt = 0
        var below = 1
        for term in operands {
            guard let coefficient = term.coefficientAndRest.coefficient.rational else { return nil }
            above =
                above == 0
                ? coefficient.numerator.magnitude : greatestCommonDivisor(above, coefficient.numerator.magnitude)
            let common = Int(greatestCommonDivisor(UInt(below), UInt(coefficient.denominator)))
            let (multiple, overflow) = (below / common).multipliedReportingOverflow(by: coefficient.denominator)
            guard !overflow else { return nil }
            below = multiple
        }
        guard above > 0, above <= UInt(Int.max) else { return nil }
        let isNegative = isNegativeSum
        let content = Rational(isNegative ? -Int(above) : Int(above), below)
        return content == .one ? nil : content
    }
}
