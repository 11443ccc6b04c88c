extension Formula {
    /// The terms that multiplying out may make.
    private static let maximumTerms = 300

    /// The formula with products of sums, and whole powers of sums, multiplied out; nil where that is too much.
    func expanded() -> Formula? {
        struct TooMuch: Error {}
        func product(_ a: [Formula], _ b: [Formula]) throws -> [Formula] {
            guard a.count * b.count <= Self.maximumTerms else { throw TooMuch() }
            var simplifier = Simplifier()
            let terms = a.flatMap { left in b.map { simplifier.rewritten(left * $0) } }
            return simplifier.rewritten(.sum(terms)).terms
        }
        do {
            return try folded(known: { $0.holdsProductOfSums ? nil : $0 }) { formula, operands in
                switch formula.kind {
                case .product:
                    guard operands.contains(where: \.isSum) else { return formula.rebuilt(operands) }
                    return .sum(
                        try operands.dropFirst().reduce(operands[0].terms) { try product($0, $1.terms) })
                case .power:
                    guard case .sum = operands[0].kind, let exponent = operands[1].number?.whole,
                        Self.expandedExponents.contains(exponent)
                    else { return formula.rebuilt(operands) }
                    return .sum(
                        try (1..<exponent).reduce(operands[0].terms) { terms, _ in
                            try product(terms, operands[0].terms)
                        })
                default: return formula.rebuilt(operands)
                }
            }
        } catch {
            return nil
        }
    }
}
