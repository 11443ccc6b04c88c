extension Simplifier {
    /// A sum with like terms added, in the canonical order.
    mutating func collectedSum(_ formula: Formula) -> Formula {
        guard !formula.holdsInfinity else { return formula }
        let all = formula.terms
        var like = LikeTerms(count: all.count)
        for term in all {
            if let parts = distributed(term) { parts.forEach { like.add($0) } } else { like.add(term) }
        }
        joinSquares(&like.table)
        var terms = like.apart
        terms.reserveCapacity(all.count)
        for (rest, entry) in zip(like.table.keys, like.table.values) {
            if entry.coefficient.isZero {
                assume(.defined(rest))
            } else {
                terms.append(entry.term ?? Formula(entry.coefficient) * rest)
            }
        }
        let sorted = Formula.inSumOrder(terms)
        return formula.isSum && sorted.isIdentical(to: formula.operands) ? formula : .sum(sorted)
    }

    /// The coefficients of terms that differ in nothing else.
    private struct LikeTerms {
        /// The term is kept as long as it is the only one.
        var table: FormulaTable<(coefficient: Formula.Number, term: Formula?)>
        /// Terms whose coefficients could not be added.
        var apart: [Formula] = []

        init(count: Int) { table = FormulaTable(capacity: count) }

        mutating func add(_ term: Formula) {
            let (coefficient, rest) = term.coefficientAndRest
            if let place = table.place(of: rest) {
                if let total = Formula.Number.sum(table.values[place].coefficient, coefficient) {
                    table.values[place] = (total, nil)
                } else {
                    apart.append(term)
                }
            } else {
                table.append(rest, (coefficient, term))
            }
        }
    }

    /// The terms of c·(a + b), so that they meet their like; nil for others.
    private func distributed(_ term: Formula) -> [Formula]? {
        guard term.isProduct, term.operands.count == 2, term.operands[1].isSum, term.operands[0].number != nil
        else { return nil }
        return term.operands[1].operands.map { term.operands[0] * $0 }
    }

    /// sin² u + cos² u = 1 and cosh² u − sinh² u = 1, also multiplied by anything.
    private mutating func joinSquares(_ table: inout FormulaTable<(coefficient: Formula.Number, term: Formula?)>) {
        guard table.keys.count > 1 else { return }
        for place in table.keys.indices {
            let coefficient = table.values[place].coefficient
            guard !coefficient.isZero else { continue }
            let factors = table.keys[place].factors
            for (index, factor) in factors.enumerated() {
                guard factor.isPower, let (function, argument) = factor.operands[0].functionAndArgument,
                    function == .sin || function == .cosh, factor.operands[1] == .two
                else { continue }
                let partner: Formula.Function = function == .sin ? .cos : .sinh
                var others = factors
                others[index] = Formula.function(partner, [argument]).squared
                let expected = function == .sin ? coefficient : coefficient.negated
                guard let twin = table.place(of: .product(others.sorted(by: Formula.precedesInProduct))),
                    table.values[twin].coefficient == expected
                else { continue }
                others.remove(at: index)
                let joined = Formula.product(others)
                let known = table.place(of: joined)
                let old = known.map { table.values[$0].coefficient } ?? .zero
                guard let total = Formula.Number.sum(old, coefficient) else { continue }
                table.values[place] = (.zero, nil)
                table.values[twin] = (.zero, nil)
                if let known { table.values[known] = (total, nil) } else { table.append(joined, (total, nil)) }
                assume(.defined(argument))
                break
            }
        }
    }
}
