extension Simplifier {
    /// A sum with like terms added, in the canonical order.
    mutating func collectedSum(_ formula: Formula) -> Formula {
        guard !formula.holdsInfinity else { return formula }
        var coefficients: [Formula: Formula.Number] = [:]
        var order: [Formula] = []
        var apart: [Formula] = []
        for term in formula.terms.flatMap(distributed) {
            let (coefficient, rest) = term.coefficientAndRest
            if let old = coefficients[rest] {
                if let total = Formula.Number.sum(old, coefficient) {
                    coefficients[rest] = total
                } else {
                    apart.append(term)
                }
            } else {
                coefficients[rest] = coefficient
                order.append(rest)
            }
        }
        joinSquares(&coefficients, &order)
        var terms = apart
        for rest in order {
            guard let coefficient = coefficients[rest] else { continue }
            if coefficient.isZero {
                assume(.defined(rest))
            } else {
                terms.append(rest.isOne ? Formula(coefficient) : Formula(coefficient) * rest)
            }
        }
        return .sum(Formula.inSumOrder(terms))
    }

    /// The terms of c·(a + b): so they meet their like.
    private func distributed(_ term: Formula) -> [Formula] {
        guard case .product = term.kind, term.operands.count == 2, term.operands[0].number != nil,
            case .sum = term.operands[1].kind
        else { return [term] }
        return term.operands[1].operands.map { term.operands[0] * $0 }
    }

    /// sin² u + cos² u = 1 and cosh² u − sinh² u = 1, also multiplied by anything.
    private mutating func joinSquares(_ coefficients: inout [Formula: Formula.Number], _ order: inout [Formula]) {
        for rest in order {
            guard let coefficient = coefficients[rest], !coefficient.isZero else { continue }
            let factors = rest.factors
            for (index, factor) in factors.enumerated() {
                guard case .power = factor.kind, factor.operands[1] == .two,
                    let (function, argument) = factor.operands[0].functionAndArgument,
                    function == .sin || function == .cosh
                else { continue }
                let partner: Formula.Function = function == .sin ? .cos : .sinh
                var others = factors
                others[index] = Formula.function(partner, [argument]).squared
                let twin = Formula.product(others.sorted(by: Formula.precedesInProduct))
                let expected = function == .sin ? coefficient : coefficient.negated
                guard coefficients[twin] == expected else { continue }
                others.remove(at: index)
                let joined = Formula.product(others)
                guard let total = Formula.Number.sum(coefficients[joined] ?? .zero, coefficient) else { continue }
                if coefficients[joined] == nil { order.append(joined) }
                coefficients[rest] = .zero
                coefficients[twin] = .zero
                coefficients[joined] = total
                assume(.defined(argument))
                break
            }
        }
    }
}
