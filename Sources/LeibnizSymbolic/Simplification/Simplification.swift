/// A simplified formula, and under which conditions it is the original.
public struct Simplification: Sendable {
    /// The simplified formula.
    public let formula: Formula
    /// The original has no value outside these; inside them the values are equal.
    public let assumptions: [Assumption]
}

extension Formula {
    /// A shorter formula of the same value.
    ///
    /// Wherever the original has a value, the simplified formula has the same one. It may have values where the original has
    /// none, such as 1 for x/x at 0: `simplification()` says where.
    ///
    /// - Complexity: a bounded number of passes over the formula, and one attempt each to multiply out and to cancel.
    public func simplified() -> Formula { simplification().formula }

    /// A shorter formula of the same value, with the conditions that were used.
    public func simplification() -> Simplification {
        if node.has(.isSimplified) { return Simplification(formula: self, assumptions: []) }
        var simplifier = Simplifier()
        let plain = simplifier.settled(self)
        var best = (formula: plain, assumptions: simplifier.assumptions)
        // Multiplying out and cancelling are worth a try where they are cheap.
        guard plain.size <= 400 else { return Simplification(formula: plain, assumptions: simplifier.assumptions) }
        func consider(_ rewritten: Formula?, _ other: Simplifier) {
            guard let rewritten, rewritten != plain, rewritten.size <= 2 * plain.size else { return }
            var other = other
            let candidate = other.settled(rewritten)
            if candidate.size < best.formula.size { best = (candidate, other.assumptions) }
        }
        if plain.holdsProductOfSums { consider(plain.expanded(), simplifier) }
        var other = simplifier
        consider(plain.cancelled(&other.assumptions), other)
        if best.formula == self, best.assumptions.isEmpty { node.mark(.isSimplified) }
        return Simplification(formula: best.formula, assumptions: best.assumptions)
    }
}

/// Rewrites formulas by local rules, from the leaves to the root, until none applies any more or a number of passes is over.
///
/// Each rule keeps the value wherever the formula has one; where it makes a value of none, it notes the assumption.
struct Simplifier {
    private(set) var noted: Set<Assumption> = []
    /// The conditions that were used, in the order of their use.
    var assumptions: [Assumption] = []

    private static let maximumPasses = 12

    /// The formula after passes that change nothing any more.
    mutating func settled(_ formula: Formula) -> Formula {
        var current = formula
        for _ in 0..<Self.maximumPasses {
            let next = pass(current)
            if next == current { break }
            current = next
        }
        return current
    }

    /// What is settled is passed by.
    private mutating func pass(_ formula: Formula) -> Formula {
        formula.folded(remembering: 64, known: { $0.node.has(.isSettled) ? $0 : nil }) { part, operands in
            if operands.isEmpty { return part }
            let isSame = operands.isIdentical(to: part.operands)
            let conditions = assumptions.count
            let result = rewritten(isSame ? part : part.rebuilt(operands))
            guard isSame, result == part else { return result }
            if assumptions.count == conditions { part.node.mark(.isSettled) }
            return part
        }
    }

    /// Applies the rules for a formula's kind once.
    mutating func rewritten(_ formula: Formula) -> Formula {
        switch formula.kind {
        case .number, .constant, .variable: formula
        case .integral: formula.operands[1] == formula.operands[2] && !formula.holdsInfinity ? .zero : formula
        case .sum: collectedSum(formula)
        case .product: collectedProduct(formula)
        case .power: simplifiedPower(formula)
        case .function(let function): simplifiedCall(formula, function)
        case .piecewise(let relations): decided(relations, formula.operands)
        case .series(let index): summed(formula, over: index)
        case .derivative(let variable): (try? formula.operands[0].rawDerivative(by: variable)) ?? formula
        }
    }

    mutating func assume(_ assumption: Assumption) {
        let isKnown =
            switch assumption {
            case .nonZero(let formula): formula.isNonZero
            case .positive(let formula): formula.isPositive
            case .nonNegative(let formula): formula.isNonNegative
            case .defined(let formula): formula.isTotal
            }
        if !isKnown, noted.insert(assumption).inserted { assumptions.append(assumption) }
    }

    /// Leaves out the pieces whose conditions are decided by numbers.
    private mutating func decided(_ relations: [Formula.Relation], _ operands: [Formula]) -> Formula {
        var pieces: [(left: Formula, relation: Formula.Relation, right: Formula, value: Formula)] = []
        var otherwise = operands[3 * relations.count]
        for (index, relation) in relations.enumerated() {
            let (left, right, value) = (operands[3 * index], operands[3 * index + 1], operands[3 * index + 2])
            if let a = left.number, let b = right.number {
                guard relation.holds(a.doubleValue, b.doubleValue) else { continue }
                otherwise = value
                break
            }
            pieces.append((left, relation, right, value))
        }
        if pieces.allSatisfy({ $0.value == otherwise }) {
            for piece in pieces {
                assume(.defined(piece.left))
                assume(.defined(piece.right))
            }
            return otherwise
        }
        return .piecewise(pieces, otherwise: otherwise)
    }

    /// Writes out a short sum over numbers.
    private mutating func summed(_ formula: Formula, over index: String) -> Formula {
        let (term, first, last) = (formula.operands[0], formula.operands[1], formula.operands[2])
        guard let from = first.number?.whole, let to = last.number?.whole, from > -1_000_000, to < 1_000_000 else {
            return formula
        }
        guard to >= from else { return .zero }
        guard to - from < 64, term.size * (to - from + 1) <= 2000 else { return formula }
        return .sum((from...to).map { term.substituting([index: Formula($0)]) })
    }
}
